// Findings of the doctor and of cluster init, as JSON and for a terminal.
#pragma once

#include "backend/domain/checkup.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdio>
#include <vector>

namespace app {

// One object a finding: severity, node, check, measured, advice, command.
nlohmann::json findingsJson(const std::vector<backend::CheckFinding>& findings);

// The worst first. What holds of several nodes stands once, with their names and the command of each.
void printFindings(std::FILE* out, const std::vector<backend::CheckFinding>& findings);

} // namespace app
