# Debian 12 packages; `./dev` installs them (docs/decisions/0001-dependencies.md says why these).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS program_options json)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(pugixml REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
