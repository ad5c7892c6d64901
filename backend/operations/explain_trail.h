// The facts of a post and a reader told as a trail, by time; what is so now comes last. Private to explain.
// Pure functions.
#pragma once

#include "backend/domain/cluster.h"
#include "backend/domain/explanation.h"
#include "backend/operations/explain_facts.h"

namespace backend {

std::vector<ExplainStep> explainTrail(const ShardMap& map, const ExplainFacts& facts);

std::string nodeNameIn(const ShardMap& map, int node);
std::string taskTextOf(const ShardMap& map, TaskKind kind, const TaskRef& task); // "deliver_chunk 12 on pg-1"

} // namespace backend
