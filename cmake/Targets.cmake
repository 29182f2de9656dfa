# The standard headers and fmt, compiled once and shared by every part: a quarter of a clean build's
# time goes into reading them. For g++ only: ./dev lint reads each file with clang and without them,
# and so finds the file that lives on them.
function(probate_precompiled name)
  cmake_parse_arguments(arg "" "" "DEPS;HEADERS;OPTIONS" ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT PROBATE_VERIFY_HEADERS)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${name}.cpp CONTENT "")
    add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
    target_link_libraries(${name} PRIVATE probate_options ${arg_DEPS})
    target_compile_options(${name} PRIVATE ${arg_OPTIONS})
    target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  endif()
endfunction()

# TOGETHER: up to 24 files as one, for a target whose files spend their time on the same
# templates. So two files of it do not use one name for two things; ./dev lint reads each alone.
function(probate_use_precompiled target name)
  cmake_parse_arguments(arg "TOGETHER" "" "" ${ARGN})
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
    if(arg_TOGETHER)
      probate_together(${target})
    endif()
  endif()
endfunction()

function(probate_together target)
  if(PROBATE_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
  endif()
endfunction()

probate_precompiled(probate_pch DEPS fmt::fmt
  HEADERS <algorithm> <array> <chrono> <cstdint> <fmt/format.h> <functional> <map> <memory>
          <optional> <span> <string> <string_view> <utility> <variant> <vector>)
# And Asio for the parts that hold sockets.
probate_precompiled(probate_socket_pch DEPS fmt::fmt Boost::headers Threads::Threads
  HEADERS <algorithm> <boost/asio/buffer.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
          <boost/asio/steady_timer.hpp> <chrono> <cstdint> <fmt/format.h> <functional> <map>
          <memory> <optional> <span> <string> <string_view> <utility> <variant> <vector>)

# Our own parts are named by their path, foreign ones by their target.
function(probate_target_name out path)
  string(REPLACE "/" "_" name "probate_${path}")
  set(${out} ${name} PARENT_SCOPE)
endfunction()

function(probate_link target scope)
  foreach(dep ${ARGN})
    if(dep MATCHES "^(core|sim)/|^(proxy|metrics)$")
      probate_target_name(dep_target ${dep})
      target_link_libraries(${target} ${scope} ${dep_target})
    else()
      target_link_libraries(${target} ${scope} ${dep})
    endif()
  endforeach()
endfunction()

# probate_library(core/mqtt DEPS core/base fmt::fmt): every .cpp of the calling folder as one static
# library. ONCE: what it does is done once in a run, so it is optimised less and compiles in two
# thirds of the time. With PROBATE_VERIFY_HEADERS each of its headers is also compiled alone, by
# the target all_verify_interface_header_sets.
function(probate_library path)
  cmake_parse_arguments(arg "SOCKETS;TOGETHER;ONCE" "" "DEPS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(APPEND sources ${arg_SOURCES})
  probate_target_name(target ${path})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(headers probate_pch)
    if(arg_SOCKETS)
      set(headers probate_socket_pch)
    endif()
    set(together)
    if(arg_TOGETHER)
      set(together TOGETHER)
    endif()
    if(arg_ONCE AND TARGET ${headers})
      target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
      probate_together(${target})
    else()
      probate_use_precompiled(${target} ${headers} ${together})
    endif()
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(${target} ${scope} probate_options)
  probate_link(${target} ${scope} ${arg_DEPS})
  if(PROBATE_VERIFY_HEADERS)
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
    target_sources(${target} ${scope}
      FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
endfunction()

# Everything that is made before it can be compiled: what clang-tidy needs without a build.
add_custom_target(probate_generated)

# probate_embed(core/broker FILES …): generated/<path>/embedded.hpp, a table of (name, text).
function(probate_embed path)
  cmake_parse_arguments(arg "" "" "FILES" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/generated/${path}/embedded.hpp)
  string(REPLACE ";" "," joined "${arg_FILES}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DPART=${path} -DFILES=${joined}
            -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${arg_FILES} ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    VERBATIM)
  string(REPLACE "/" "_" name "probate_embed_${path}")
  add_custom_target(${name} DEPENDS ${out})
  add_dependencies(probate_generated ${name})
  probate_target_name(target ${path})
  add_dependencies(${target} ${name})
endfunction()

# probate_test(core/mqtt LABEL unit DEPS core/mqtt): tests/unit/<path>/*_test.cpp as one GoogleTest
# program. ctest knows its tests as <path>/<suite>.<case>.
function(probate_test path)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${path}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name "${path}_test")
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE probate_options GTest::gtest_main GTest::gmock)
  probate_link(${name} PRIVATE ${arg_DEPS})
  target_compile_definitions(${name} PRIVATE PROBATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE ${PROBATE_TEST_OPTIONS})
  probate_use_precompiled(${name} probate_test_pch TOGETHER)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(PROBATE_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 10")  # so much slower, and often beside other work
  endif()
  gtest_discover_tests(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} PROCESSORS 2
    TEST_PREFIX ${path}/ DISCOVERY_MODE PRE_TEST
    SKIP_REGULAR_EXPRESSION "NOT SHOWN: ")  # what this machine cannot do; never where CI runs
endfunction()
