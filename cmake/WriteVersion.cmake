# cmake -D SOURCE_DIR= -D VERSION= -D TEMPLATE= -D OUTPUT= -P WriteVersion.cmake
# Runs at every build; rewrites OUTPUT only when the commit has changed, so nothing else is rebuilt.
set(ANATOMYNET_VERSION ${VERSION})
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=8 --exclude=*
                  WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE commit
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    string(APPEND ANATOMYNET_VERSION " (git ${commit})")
  endif()
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
