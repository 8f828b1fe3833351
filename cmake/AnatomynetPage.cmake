# The review page, made by npm into web/dist where node and npm are there; src/review takes its files in. It is made when
# CMake configures, and configures again where its sources change, since the names of its files come from their content.
option(ANATOMYNET_PAGE "Make the review page (needs node and npm)" ON)
if(NOT ANATOMYNET_PAGE)
  return()
endif()
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS web/src/*.ts)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${page_sources} web/index.html web/app.css web/build.mjs web/package-lock.json)
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-page RESULT_VARIABLE failed ERROR_VARIABLE why
                ERROR_STRIP_TRAILING_WHITESPACE)
if(failed)
  message(STATUS "No review page: ${why}")
endif()
