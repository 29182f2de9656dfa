# Language level, warnings and sanitizers: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(PROBATE_WERROR "Treat warnings as errors" ON)
option(PROBATE_FUZZ "Build tests/fuzz for libFuzzer (clang only) instead of as replay programs" OFF)
option(PROBATE_TOGETHER "Compile up to 24 files of a part as one, in half the time" ON)
option(PROBATE_VERIFY_HEADERS "Compile every header of the parts alone" OFF)
set(PROBATE_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

find_program(PROBATE_CCACHE ccache)
if(PROBATE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PROBATE_CCACHE})
endif()

add_library(probate_options INTERFACE)
target_include_directories(probate_options INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(probate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees these in its own std::string and std::variant where there are none (GCC PR 105329,
  # PR 105651, PR 105562); ./dev asan sees the real ones.
  target_compile_options(probate_options INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # Unlike g++, clang counts fields that have a default as missing.
  target_compile_options(probate_options INTERFACE -Wno-missing-field-initializers)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ spends an eighth of its time on tidying its memory; half a GB before it begins is cheaper.
  target_compile_options(probate_options INTERFACE --param=ggc-min-heapsize=524288)
endif()
if(PROBATE_WERROR)
  target_compile_options(probate_options INTERFACE -Werror)
endif()
if(PROBATE_SANITIZE)
  target_compile_options(probate_options INTERFACE
    -fsanitize=${PROBATE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(probate_options INTERFACE -fsanitize=${PROBATE_SANITIZE})
  if(PROBATE_SANITIZE MATCHES thread)
    # g++ 12 warns that the fences inside Asio are unsupported under TSan.
    target_compile_options(probate_options INTERFACE -Wno-tsan)
  endif()
endif()
if(PROBATE_FUZZ)
  # Every part reports its coverage to the fuzzer; only the fuzz targets get its main().
  target_compile_options(probate_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
