# tests/unit/<floor>/test_*.c, tests/conformance/<floor>/test_*.c and tests/simulation/<floor>/test_*.c: each file is one
# program, linked to its floor and what lies below, and nothing above. Helpers: support_*.c beside the tests, and
# tests/support/<floor>/*.c for what several kinds of tests share.
# ThreadSanitizer does not see the synchronisation inside libraries of the distribution (RocksDB's threads above all).
foreach(kind unit conformance simulation)
  foreach(floor ${HANSE_FLOORS})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/${floor}/test_*.c)
    file(GLOB helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/${floor}/support_*.c
         ${PROJECT_SOURCE_DIR}/tests/support/${floor}/*.c)
    foreach(source ${sources})
      get_filename_component(stem ${source} NAME_WE)
      set(target ${kind}_${floor}_${stem})
      add_executable(${target} ${source} ${helpers})
      target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
      target_compile_definitions(${target} PRIVATE HANSE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      target_link_libraries(${target} PRIVATE hanse_${floor} PkgConfig::CMOCKA)
      add_test(NAME ${kind}/${floor}/${stem} COMMAND ${target})
      set_tests_properties(${kind}/${floor}/${stem} PROPERTIES TIMEOUT 300
        ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1 report_mutex_bugs=0")
    endforeach()
  endforeach()
endforeach()

add_test(NAME tidy/floors COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/check_floors.py ${PROJECT_SOURCE_DIR})

file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/bench_*.c)
foreach(source ${benches})
  get_filename_component(stem ${source} NAME_WE)
  add_executable(${stem} ${source})
  target_link_libraries(${stem} PRIVATE hanse_rpc)
endforeach()

if(HANSE_FUZZ)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  foreach(source ${fuzzers})
    get_filename_component(stem ${source} NAME_WE)
    add_executable(${stem} ${source})
    target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${stem} PRIVATE hanse_rpc)
  endforeach()
endif()
