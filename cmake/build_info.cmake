# Run at every build: writes OUT, a header with what getClientVersion tells about the build, and touches it only when it changes.
# The time is the commit's, or SOURCE_DATE_EPOCH: the same sources give the same binary. Without git everything is "unknown".
cmake_minimum_required(VERSION 3.25)
set(branch unknown)
set(commit unknown)
set(epoch "$ENV{SOURCE_DATE_EPOCH}")

function(ask_git result)
  execute_process(COMMAND git -C ${SOURCE} ${ARGN} OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failed
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed OR answer MATCHES "[\"\\\\\n]")
    set(answer "")
  endif()
  set(${result} "${answer}" PARENT_SCOPE)
endfunction()

# A source tree unpacked somewhere below another repository is not that repository's.
ask_git(top rev-parse --show-toplevel)
file(REAL_PATH "${SOURCE}" real_source)
if(top STREQUAL real_source)
  ask_git(commit rev-parse HEAD)
  ask_git(branch rev-parse --abbrev-ref HEAD)
  if(epoch STREQUAL "")
    ask_git(epoch log -1 --format=%ct)
  endif()
endif()

set(time unknown)
if(epoch MATCHES "^[0-9]+$")
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
  string(TIMESTAMP time "%Y%m%d %H:%M:%S" UTC)
endif()
foreach(value branch commit)
  if("${${value}}" STREQUAL "")
    set(${value} unknown)
  endif()
endforeach()

file(CONFIGURE OUTPUT ${OUT} CONTENT "#define BUILD_TIME \"${time}\"
#define BUILD_TYPE \"${TYPE}\"
#define BUILD_BRANCH \"${branch}\"
#define BUILD_COMMIT \"${commit}\"
" @ONLY)
