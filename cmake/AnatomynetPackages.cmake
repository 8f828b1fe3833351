# cpack: Debian packages of what AnatomynetInstall.cmake installs, one a component (make packages).
file(READ ${PROJECT_SOURCE_DIR}/NOTICE NOTICE_TEXT)
string(REGEX REPLACE "\n+$" "" NOTICE_TEXT "${NOTICE_TEXT}")
string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" NOTICE_TEXT "${NOTICE_TEXT}")
string(REPLACE "\n" "\n " NOTICE_TEXT " ${NOTICE_TEXT}")
configure_file(packaging/copyright.in ${CMAKE_BINARY_DIR}/packaging/copyright @ONLY)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(CPACK_PACKAGE_CONTACT "AnatomyNet developers <anatomynet@packages.invalid>")

# anatomynet_debian_files COMPONENT PACKAGE: its copyright and changelog.
function(anatomynet_debian_files component package)
  set(folder ${CMAKE_BINARY_DIR}/packaging/${package})
  file(WRITE ${folder}/changelog "${package} (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
       " -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
  execute_process(COMMAND gzip -9nf ${folder}/changelog)
  install(FILES ${folder}/changelog.gz ${CMAKE_BINARY_DIR}/packaging/copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endfunction()
anatomynet_debian_files(anatomynet anatomynet)
set(CPACK_COMPONENTS_ALL anatomynet)
if(TARGET anatomynet-network)
  anatomynet_debian_files(train anatomynet-train)
  list(APPEND CPACK_COMPONENTS_ALL train)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "organs at risk on head-and-neck CT")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
file(READ ${PROJECT_SOURCE_DIR}/packaging/description.txt text)
string(STRIP "${text}" text)
set(CPACK_DEBIAN_ANATOMYNET_PACKAGE_NAME anatomynet)
set(CPACK_DEBIAN_ANATOMYNET_PACKAGE_SECTION science)
set(CPACK_COMPONENT_ANATOMYNET_DESCRIPTION "${text}")
set(CPACK_DEBIAN_TRAIN_PACKAGE_NAME anatomynet-train)
set(CPACK_DEBIAN_TRAIN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TRAIN_PACKAGE_DEPENDS "anatomynet (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_TRAIN_DESCRIPTION "${text}
 .
 This package holds what needs libtorch: training, studies and the torch engine.")
include(CPack)
