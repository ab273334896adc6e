# tests/unit/<floor>/test_*.c, tests/conformance/<floor>/test_*.c and tests/simulation/<floor>/test_*.c: each file is one
# program, linked to its floor and what lies below, and nothing above. Helpers: support_*.c beside the tests, and
# tests/support/<floor>/*.c for what several kinds of tests share.
# ThreadSanitizer does not see the synchronisation inside libraries of the distribution (RocksDB's threads above all).
foreach(kind unit conformance simulation)
  foreach(floor ${HANSE_FLOORS})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/${floor}/test_*.c)
    file(GLOB helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/${floor}/support_*.c
         ${PROJECT_SOURCE_DIR}/tests/support/${floor}/*.c)
    if(floor MATCHES "^(channel|eth)$") # their world is that of the RPC floor
      file(GLOB world CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/rpc/*.c)
      list(APPEND helpers ${world})
    endif()
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
      if(floor STREQUAL sim)
        set_property(TEST ${kind}/${floor}/${stem} PROPERTY LABELS sim)
      endif()
    endforeach()
  endforeach()
endforeach()

add_test(NAME tidy/floors COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/check_floors.py ${PROJECT_SOURCE_DIR})

# tests/e2e/test_*.py: real processes and sockets, `ctest -L e2e`. In sanitizer builds they are run by hand (HANSE=program ctest
# --test-dir build/release -L e2e), but for test_races.py, which is for the tsan build alone.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/e2e/test_*.py)
foreach(script ${scripts})
  get_filename_component(stem ${script} NAME_WE)
  if(NOT TARGET hanse OR HANSE_ASAN OR HANSE_FUZZ OR (HANSE_TSAN AND NOT stem STREQUAL test_races)
     OR (NOT HANSE_TSAN AND stem STREQUAL test_races))
    continue()
  endif()
  add_test(NAME e2e/${stem} COMMAND Python3::Interpreter ${script})
  set_tests_properties(e2e/${stem} PROPERTIES TIMEOUT 300 ENVIRONMENT HANSE_DEFAULT=$<TARGET_FILE:hanse>)
  set_property(TEST e2e/${stem} PROPERTY LABELS e2e)
  if(HANSE_TSAN)
    set_property(TEST e2e/${stem} PROPERTY LABELS tsan)
  endif()
endforeach()

# Whole networks from seeds (sim/trial.h): `ctest -L sim`. 200 of them must play every fault, effect and lie that there is
# (--complete). Sanitized builds are slower and play fewer.
if(TARGET hanse AND NOT HANSE_FUZZ AND NOT HANSE_TSAN)
  set(hanse_sim_options --seeds 1..200 --complete)
  if(HANSE_ASAN)
    set(hanse_sim_options --seeds 1..16 --hours 0.015)
  endif()
  add_test(NAME sim/seeds COMMAND hanse sim ${hanse_sim_options} --jobs 2 --quiet)
  set_tests_properties(sim/seeds PROPERTIES TIMEOUT 600 PROCESSORS 2 LABELS sim)
endif()

file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/bench_*.c)
foreach(source ${benches})
  get_filename_component(stem ${source} NAME_WE)
  add_executable(${stem} ${source})
  target_link_libraries(${stem} PRIVATE hanse_rpc)
endforeach()

# tests/fuzz/fuzz_*.c: with the fuzz preset real fuzzers (tools/fuzz.sh runs them); in every other build each is a test that
# reads its committed corpus once, `ctest -L fuzz`.
add_custom_target(fuzzers)
file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source ${fuzzers})
  get_filename_component(stem ${source} NAME_WE)
  add_executable(${stem} ${source})
  target_link_libraries(${stem} PRIVATE hanse_channel)
  add_dependencies(fuzzers ${stem})
  if(HANSE_FUZZ)
    target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${stem} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/standalone.c)
    if(HANSE_TSAN OR NOT EXISTS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem})
      continue()
    endif()
    add_test(NAME fuzz/${stem} COMMAND ${stem} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem})
    set_tests_properties(fuzz/${stem} PROPERTIES TIMEOUT 300 LABELS fuzz)
  endif()
endforeach()
