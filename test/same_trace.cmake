# Runs some seeds of the swarm twice each, in processes of their own, and compares all
# that they say, to the byte.
foreach(seed RANGE 1 12)
  foreach(run first second)
    execute_process(
      COMMAND ${PROGRAM} --seed ${seed} --seconds 2 --trace
      OUTPUT_VARIABLE ${run} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  string(LENGTH "${first}" length)
  if(NOT first STREQUAL second OR length LESS 10000)
    message(FATAL_ERROR "seed ${seed} is not the same run twice")
  endif()
endforeach()
