# What programs link: `cmake --install BUILD --prefix DIR` puts the header, one library and its pkg-config file there. The library is
# one object: everything it needs of the floors below, with no name visible but hanse_*, so that it lies beside any other code.
if(HANSE_FUZZ OR NOT TARGET hanse_client)
  return()
endif()
include(GNUInstallDirs)
set(floors_below chain tls crypto codec base)
set(archives "")
foreach(floor ${floors_below})
  list(APPEND archives $<TARGET_FILE:hanse_${floor}>)
  list(APPEND archive_targets hanse_${floor})
endforeach()
set(package ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${package})
add_custom_command(OUTPUT ${package}/libhanse-client.a
  COMMAND ${CMAKE_LINKER} -r -o ${package}/hanse-client.o --whole-archive $<TARGET_FILE:hanse_client> --no-whole-archive
          --start-group ${archives} --end-group
  COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=hanse_*" ${package}/hanse-client.o
  COMMAND ${CMAKE_COMMAND} -E rm -f ${package}/libhanse-client.a
  COMMAND ${CMAKE_AR} rcs ${package}/libhanse-client.a ${package}/hanse-client.o
  DEPENDS hanse_client ${archive_targets} VERBATIM COMMENT "Linking libhanse-client.a")
add_custom_target(hanse_client_package ALL DEPENDS ${package}/libhanse-client.a)
# Relative, so that the folder may be moved, and whatever prefix it is installed to.
file(RELATIVE_PATH HANSE_PREFIX_FROM_PC /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(${PROJECT_SOURCE_DIR}/cmake/hanse-client.pc.in ${package}/hanse-client.pc @ONLY)
install(FILES ${PROJECT_SOURCE_DIR}/include/hanse/client.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hanse)
install(FILES ${package}/libhanse-client.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${package}/hanse-client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
