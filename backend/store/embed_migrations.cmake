# Writes OUTPUT, a C++ file with the SQL files FILES (separated by |) as an array. Run by the build: cmake -P.
string(REPLACE "|" ";" files "${FILES}")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  if(NOT name MATCHES "^([a-z]+)\\.0*([0-9]+)\\.sql$")
    message(FATAL_ERROR "${name}: a migration is named <scope>.<number>.sql")
  endif()
  set(scope "${CMAKE_MATCH_1}")
  set(number "${CMAKE_MATCH_2}")
  file(READ "${file}" sql)
  string(APPEND rows "    Migration{\"${scope}\", ${number}, R\"rookery(${sql})rookery\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"backend/store/migrations.h\"\n\n#include <array>\n\nnamespace backend {\nnamespace {\n\n"
  "const std::array kMigrations{\n${rows}};\n\n} // namespace\n\n"
  "std::span<const Migration> embeddedMigrations() { return kMigrations; }\n\n} // namespace backend\n")
