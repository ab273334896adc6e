# The floors from the ground up: docs/architecture.md draws them, this list builds them.
hanse_floor(base LIBS Threads::Threads m)
hanse_floor(codec NEEDS base LIBS PkgConfig::JANSSON PkgConfig::LZMA snappy)
hanse_floor(crypto NEEDS codec LIBS PkgConfig::OPENSSL PkgConfig::SECP256K1 PkgConfig::GMP PkgConfig::SODIUM)
hanse_floor(tls NEEDS crypto LIBS PkgConfig::OPENSSL)
hanse_floor(chain NEEDS crypto)
hanse_floor(client NEEDS chain tls LIBS PkgConfig::UV http_parser)
target_include_directories(hanse_client PUBLIC ${PROJECT_SOURCE_DIR}/include)
hanse_floor(store NEEDS chain LIBS rocksdb)
hanse_floor(state NEEDS store)
hanse_floor(vm NEEDS state)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  # One indirect jump at the end of every opcode, and its registers not packed into vectors: bench_evm shows it.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/vm/interpret.c PROPERTIES
    COMPILE_OPTIONS "-fno-gcse;-fno-crossjumping;-fno-tree-slp-vectorize")
endif()
hanse_floor(contract NEEDS vm)
hanse_floor(executor NEEDS contract)
hanse_floor(ledger NEEDS executor)
hanse_floor(txpool NEEDS ledger)
hanse_floor(consensus NEEDS txpool)
hanse_floor(sync NEEDS consensus)
hanse_floor(group NEEDS sync)
hanse_floor(sim NEEDS group)
hanse_floor(net NEEDS group tls LIBS PkgConfig::UV PkgConfig::OPENSSL)
hanse_floor(rpc NEEDS net LIBS http_parser z)
hanse_floor(channel NEEDS rpc)
hanse_floor(node NEEDS channel)
# What getClientVersion tells about the build (node/build_info.c includes it).
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  set(hanse_compiler gcc)
else()
  string(TOLOWER ${CMAKE_C_COMPILER_ID} hanse_compiler)
endif()
add_custom_target(hanse_build_info
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${PROJECT_BINARY_DIR}/generated/hanse_build.h
          -DTYPE=${CMAKE_SYSTEM_NAME}/${hanse_compiler}/${CMAKE_BUILD_TYPE} -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/hanse_build.h COMMENT "")
add_dependencies(hanse_node hanse_build_info)
target_include_directories(hanse_node PRIVATE ${PROJECT_BINARY_DIR}/generated)
hanse_floor(console NEEDS client LIBS PkgConfig::EDIT)
hanse_floor(tool NEEDS node sim client console)

set(HANSE_FLOORS base codec crypto tls chain client store state vm contract executor ledger txpool consensus sync group sim net rpc channel node console tool)

# One hand-made bug of base/mutant.h, to see the simulator find it (make sim-mutants). Only the files that hold one are built anew.
set(HANSE_MUTANT "" CACHE STRING "number of a bug of src/base/mutant.h; never in a build that is used")
if(HANSE_MUTANT)
  file(GLOB_RECURSE hanse_sources ${PROJECT_SOURCE_DIR}/src/*.c)
  foreach(source ${hanse_sources})
    file(STRINGS ${source} hanse_mutants REGEX "base/mutant.h")
    if(hanse_mutants)
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS HANSE_MUTANT=${HANSE_MUTANT})
    endif()
  endforeach()
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/src/tool/main.c)
  # main.c is part of the tool floor; the binary only pulls it in.
  file(WRITE ${PROJECT_BINARY_DIR}/empty.c "typedef int hanse_translation_unit_is_not_empty;\n")
  add_executable(hanse ${PROJECT_BINARY_DIR}/empty.c)
  target_link_options(hanse PRIVATE -Wl,-u,main)
  target_link_libraries(hanse PRIVATE hanse_tool)
endif()
