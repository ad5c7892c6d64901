// After a planned restart of a Redis node that came back with exactly the data it was stopped with: makes the
// floors of its former life valid in the present one. Called by app/ before any engine opens; one thread per
// node.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"

#include <cstdint>
#include <string>

namespace backend {

struct FloorAdoption
{
    std::int64_t adopted = 0; // floors that are valid now
    std::int64_t keys = 0;    // looked at, of any kind
};

// Stamps every floor that carries `formerRunId` with the node's present run_id, and takes away the tokens of
// builds whose builders have ended. Floors of other lives stay void. REQUIRES: the node's data are those of
// the life `formerRunId`, whole, and no engine reads or writes them meanwhile. On an error some floors may be
// adopted and the others are void, which is right as well: those timelines are rebuilt.
[[nodiscard]] Result<FloorAdoption> adoptFloors(const NodeEndpoint& node, const std::string& formerRunId,
                                                Deadline deadline);

} // namespace backend
