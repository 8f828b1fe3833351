# anatomynet_module(NAME [SOURCES ...] [USES modules ...] [LINKS libraries ...] [PRECOMPILES headers ...|NOTHING]
#                   [TORCH] [COMPUTES])
# One module: a static library anatomynet::NAME whose headers are included as "NAME/file.h".
# USES names the modules it may include (and passes on); LINKS stay private to its .cpp files. PRECOMPILES are headers
# that take most of its compile time: they are parsed once. TORCH: its files include libtorch's headers. COMPUTES: most
# of a job's time is spent in it, so that ANATOMYNET_FAST_BUILD leaves its optimisation alone.
function(anatomynet_module name)
  cmake_parse_arguments(ARG "COMPUTES;TORCH" "" "SOURCES;USES;LINKS;PRECOMPILES" ${ARGN})
  add_library(anatomynet_${name} STATIC ${ARG_SOURCES})
  add_library(anatomynet::${name} ALIAS anatomynet_${name})
  target_include_directories(anatomynet_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  anatomynet_flags(anatomynet_${name})
  if(ARG_TORCH)
    anatomynet_reuse_precompiled(anatomynet_${name} TORCH)
  elseif(NOT ARG_PRECOMPILES)
    anatomynet_reuse_precompiled(anatomynet_${name} ${ARG_LINKS})
  elseif(NOT ARG_PRECOMPILES STREQUAL NOTHING)
    target_precompile_headers(anatomynet_${name} PRIVATE ${ARG_PRECOMPILES})
  endif()
  if(NOT ARG_COMPUTES)
    anatomynet_quick_to_compile(anatomynet_${name})
  endif()
  foreach(module IN LISTS ARG_USES)
    target_link_libraries(anatomynet_${name} PUBLIC anatomynet::${module})
  endforeach()
  target_link_libraries(anatomynet_${name} PRIVATE ${ARG_LINKS})
endfunction()

# anatomynet_test(MODULE SOURCES ... [USES modules ...] [LINKS libraries ...] [TORCH]): one GoogleTest program a module.
function(anatomynet_test module)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;USES;LINKS" ${ARGN})
  add_executable(test_${module} ${ARG_SOURCES})
  anatomynet_flags(test_${module})
  if(ARG_TORCH)
    anatomynet_reuse_precompiled(test_${module} TORCH)
  else()
    anatomynet_reuse_precompiled(test_${module} ${ARG_LINKS} GTest::gtest)
  endif()
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(test_${module} PRIVATE anatomynet::${used})
  endforeach()
  target_include_directories(test_${module} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${module} PRIVATE
    ANATOMYNET_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ANATOMYNET_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  if(ANATOMYNET_SANITIZE)
    target_compile_definitions(test_${module} PRIVATE ANATOMYNET_SANITIZED)
  endif()
  target_link_libraries(test_${module} PRIVATE ${ARG_LINKS} GTest::gtest_main)
  # On a busy machine a program that loads libtorch took longer than the 5 s that CMake waits for its list of tests.
  gtest_discover_tests(test_${module} TEST_PREFIX ${module}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120
                       PROPERTIES TIMEOUT 900)
endfunction()

# The headers that take most of the compile time are parsed once for all targets with the same options (GCC takes no
# precompiled header where -fopenmp or -fPIE differs): torch's always, with TORCH; the standard ones, and GoogleTest's
# and JSON's for tests, with ANATOMYNET_FAST_BUILD. Builds without it find includes that are missing, and have no false
# warnings about the standard library.
function(anatomynet_reuse_precompiled target)
  cmake_parse_arguments(ARG "TORCH" "" "" ${ARGN})
  if(NOT ANATOMYNET_FAST_BUILD AND NOT ARG_TORCH)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  set(holder anatomynet_precompiled)
  set(libraries "")
  foreach(library OpenMP::OpenMP_CXX GTest::gtest)
    if(library IN_LIST ARG_UNPARSED_ARGUMENTS AND NOT ARG_TORCH)
      string(MAKE_C_IDENTIFIER ${holder}_${library} holder)
      list(APPEND libraries ${library})
    endif()
  endforeach()
  set(headers <algorithm> <array> <cmath> <cstdint> <cstring> <filesystem> <fstream> <functional> <limits> <map> <memory>
      <mutex> <numeric> <optional> <set> <span> <sstream> <string> <string_view> <unordered_map> <utility> <variant>
      <vector>)
  if(ARG_TORCH)
    set(holder ${holder}_torch)
    set(headers <torch/torch.h>)
    set(libraries ${TORCH_LIBRARIES})
  elseif(GTest::gtest IN_LIST libraries)
    list(APPEND headers <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
    list(APPEND libraries nlohmann_json::nlohmann_json)
    target_link_libraries(${target} PRIVATE nlohmann_json::nlohmann_json)  # its definitions, as in the header
  endif()
  if(type STREQUAL EXECUTABLE)
    set(holder ${holder}_program)
  endif()
  if(NOT TARGET ${holder})
    add_library(${holder} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    anatomynet_flags(${holder})
    target_precompile_headers(${holder} PRIVATE ${headers})
    target_link_libraries(${holder} PRIVATE ${libraries})
    if(type STREQUAL EXECUTABLE)  # as CMake compiles programs
      set_target_properties(${holder} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${holder} PRIVATE -fPIE)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${holder})
endfunction()

# ANATOMYNET_FAST_BUILD: the compiler takes a third less time with -O1.
function(anatomynet_quick_to_compile target)
  if(ANATOMYNET_FAST_BUILD)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
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
  if(ANATOMYNET_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # coverage, by which libFuzzer finds its way
  endif()
endfunction()
