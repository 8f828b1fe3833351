# cpack: Debian packages of what AnatomynetInstall.cmake installs, one a component (make packages).
file(READ ${PROJECT_SOURCE_DIR}/NOTICE NOTICE_TEXT)
string(REGEX REPLACE "\n+$" "" NOTICE_TEXT "${NOTICE_TEXT}")
string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" NOTICE_TEXT "${NOTICE_TEXT}")
string(REPLACE "\n" "\n " NOTICE_TEXT " ${NOTICE_TEXT}")
configure_file(packaging/copyright.in ${CMAKE_BINARY_DIR}/packaging/copyright @ONLY)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)

# Nobody's address (RFC 2606): who gives packages to others puts their own here.
set(ANATOMYNET_MAINTAINER "AnatomyNet developers <anatomynet@packages.invalid>" CACHE STRING "The packages' maintainer")
set(CPACK_PACKAGE_CONTACT "${ANATOMYNET_MAINTAINER}")

# anatomynet_debian_package(COMPONENT PACKAGE [SECTION section] [DEPENDS packages] [RECOMMENDS packages]
#                           [ARCHITECTURE architecture] [CONTROL files ...]): with its copyright and changelog.
macro(anatomynet_debian_package component package)
  cmake_parse_arguments(ARG "" "SECTION;DEPENDS;RECOMMENDS;ARCHITECTURE" "CONTROL" ${ARGN})
  set(folder ${CMAKE_BINARY_DIR}/packaging/${package})
  file(WRITE ${folder}/changelog "${package} (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
       " -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
  execute_process(COMMAND gzip -9nf ${folder}/changelog)
  install(FILES ${folder}/changelog.gz ${CMAKE_BINARY_DIR}/packaging/copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
  file(READ ${PROJECT_SOURCE_DIR}/packaging/descriptions/${component}.txt text)
  string(TOUPPER ${component} upper)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${text}")
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${ARG_SECTION})
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${ARG_DEPENDS}")
  set(CPACK_DEBIAN_${upper}_PACKAGE_RECOMMENDS "${ARG_RECOMMENDS}")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${ARG_CONTROL}")
  if(ARG_ARCHITECTURE)
    set(CPACK_DEBIAN_${upper}_PACKAGE_ARCHITECTURE ${ARG_ARCHITECTURE})
  endif()
  list(APPEND CPACK_COMPONENTS_ALL ${component})
endmacro()

# anatomynet_sbom(COMPONENT PACKAGE LISTS TARGETS ...): the libraries in these binaries, as SPDX, made at build time.
function(anatomynet_sbom component package lists)
  set(file ${documents}/${package}.spdx.json)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE binaries)
  add_custom_command(OUTPUT ${file}
    COMMAND sh -ec "out=$1; shift; \"$@\" > \"$out.part\"; mv \"$out.part\" \"$out\"" sh ${file}
            ${PROJECT_SOURCE_DIR}/scripts/make-sbom ${package} ${PROJECT_VERSION} "${lists}" ${binaries}
    DEPENDS ${ARGN} scripts/make-sbom VERBATIM)
  add_custom_target(sbom_${component} ALL DEPENDS ${file})
  add_dependencies(programs sbom_${component})
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endfunction()

set(CPACK_COMPONENTS_ALL)
set(same "(= ${PROJECT_VERSION})")
anatomynet_debian_package(anatomynet anatomynet SECTION science)
anatomynet_sbom(anatomynet anatomynet contouring anatomynet)
if(TARGET anatomynet-network)
  anatomynet_debian_package(train anatomynet-train SECTION science DEPENDS "anatomynet ${same}")
  anatomynet_sbom(train anatomynet-train "contouring training" anatomynet-network)
endif()
if(TARGET anatomynet_shared)
  # Since which version a symbol is there, from the list that the tests compare with the library.
  file(STRINGS tests/api/symbols.txt symbols)
  list(TRANSFORM symbols REPLACE "(.+)" " \\1@Base 0.2.0")
  list(JOIN symbols "\n" symbols)
  file(WRITE ${CMAKE_BINARY_DIR}/packaging/symbols
       "libanatomynet.so.0 libanatomynet0 #MINVER#\n* Build-Depends-Package: libanatomynet-dev\n${symbols}\n")
  anatomynet_debian_package(library libanatomynet0 SECTION libs RECOMMENDS anatomynet
    CONTROL ${CMAKE_BINARY_DIR}/packaging/symbols ${PROJECT_SOURCE_DIR}/packaging/libanatomynet0/triggers)
  anatomynet_sbom(library libanatomynet0 contouring anatomynet_shared)
  anatomynet_debian_package(development libanatomynet-dev SECTION libdevel DEPENDS "libanatomynet0 ${same}")
  anatomynet_debian_package(python python3-anatomynet SECTION python ARCHITECTURE all RECOMMENDS anatomynet
    DEPENDS "python3, python3-numpy, libanatomynet0 (>= ${PROJECT_VERSION})"
    CONTROL ${PROJECT_SOURCE_DIR}/packaging/python3-anatomynet/postinst
            ${PROJECT_SOURCE_DIR}/packaging/python3-anatomynet/prerm)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
