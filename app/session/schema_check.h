// Whether this program fits the schemas of a running cluster. Composition; any thread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"

namespace app {

// As the engine's role: SchemaTooNew for a newer program's cluster, Configuration for one that is not
// migrated yet, NotFound where the directory's node holds none. Nodes that do not answer are passed over: an
// engine lives with them.
[[nodiscard]] backend::Result<void> requireKnownSchemas(const backend::NodeEndpoint& directory,
                                                        backend::Deadline deadline);

} // namespace app
