// The language as a JSON Schema, for editors.
#pragma once

#include <string>

namespace probate::yaml {

// Draft 7, made of the table in keys.cpp; scenarios/scenario.schema.json is a copy, held to this by
// a test. It knows keys and shapes; what joins by name only the loader can check.
std::string scenario_schema();

}  // namespace probate::yaml
