// Findings that say the same of several nodes, said once. Pure functions.
#pragma once

#include "backend/domain/checkup.h"

#include <span>

namespace backend {

struct FindingGroup
{
    CheckFinding finding;              // of the first node; its command is the first of `commands`
    std::vector<std::string> nodes;    // one or more, in the order found; "" is the cluster as a whole
    std::vector<std::string> commands; // each once; empty where there is none
};

// Together: same severity, check, words and advice. Worst first, and otherwise as they were found.
std::vector<FindingGroup> groupFindings(std::span<const CheckFinding> findings);

// How many groups of that severity those findings make.
std::size_t countGroups(std::span<const CheckFinding> findings, Severity severity);

// "redis-1", "redis-1 and redis-2", "redis-1 and 31 more"; "the cluster".
std::string nodesText(const FindingGroup& group);

} // namespace backend
