# anatomynet_room(NAME [SOURCES ...] [USES rooms ...] [LINKS libraries ...])
# One room of the house: a static library anatomynet::NAME whose headers are included as "NAME/file.h".
# USES names the rooms it may include (and passes on); LINKS stay private to its .cpp files.
function(anatomynet_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(anatomynet_${name} STATIC ${ARG_SOURCES})
  add_library(anatomynet::${name} ALIAS anatomynet_${name})
  target_include_directories(anatomynet_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  anatomynet_flags(anatomynet_${name})
  foreach(room IN LISTS ARG_USES)
    target_link_libraries(anatomynet_${name} PUBLIC anatomynet::${room})
  endforeach()
  target_link_libraries(anatomynet_${name} PRIVATE ${ARG_LINKS})
endfunction()

# anatomynet_test(ROOM SOURCES ... [USES rooms ...] [LINKS libraries ...]): one GoogleTest program a room.
function(anatomynet_test room)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
  add_executable(test_${room} ${ARG_SOURCES})
  anatomynet_flags(test_${room})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(test_${room} PRIVATE anatomynet::${used})
  endforeach()
  target_include_directories(test_${room} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(test_${room} PRIVATE
    ANATOMYNET_SOURCE_DIR="${CMAKE_SOURCE_DIR}" ANATOMYNET_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared")
  target_link_libraries(test_${room} PRIVATE ${ARG_LINKS} GTest::gtest_main)
  gtest_discover_tests(test_${room} TEST_PREFIX ${room}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES TIMEOUT 900)
endfunction()

# libtorch's headers take most of a file's compile time: parse them once a target.
function(anatomynet_precompile_torch target)
  target_precompile_headers(${target} PRIVATE <torch/torch.h>)
endfunction()

function(anatomynet_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wno-missing-field-initializers)  # GCC 12 counts members left out of designated initialisers
  if(ANATOMYNET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(ANATOMYNET_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ANATOMYNET_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${ANATOMYNET_SANITIZE})
  endif()
endfunction()
