// What must be so before a cluster is made on given servers. Looks, and changes nothing; every node on a
// thread of its own. Called by app/ for `cluster init`; any thread.
#pragma once

#include "backend/cluster/placement.h"
#include "backend/common/deadline.h"
#include "backend/common/sql.h"
#include "backend/domain/checkup.h"

#include <map>

namespace backend {

struct InitPrerequisites
{
    std::vector<NodeCheckup> nodes;      // in the plan's order
    std::vector<CheckFinding> obstacles; // any of them: nothing is made
    std::vector<CheckFinding> remarks;   // what is better put right, before or after
};

// `owners` by node id, one connection per PostgreSQL node; the plan is a checked one.
InitPrerequisites examineForInit(const ClusterPlan& plan, const std::map<int, SqlConnection*>& owners,
                                 Deadline deadline);

} // namespace backend
