// Walks the keys of every Redis node and finds those that nobody will ever read or expire: of logical shards
// that live elsewhere, of users and posts that do not exist or whose account is deleted and done with,
// entries of dormant readers' timelines that have no floor, and objects that lost their expiry. What has an
// expiry goes by itself and is only counted: negative cache entries and tokens of builds, for example.
// A removal looks at everything again right before it. One call, one thread. Do not remove while a logical
// shard is being moved by copying: until the map changes, the copy is of a shard that lives elsewhere.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/domain/orphans.h"
#include "backend/feed/feed_services.h"

#include <functional>

namespace backend {

// Called before keys are removed; when it fails they are not.
using BeforeRemoval = std::function<Result<void>()>;

// The report tells what was found and removed until then, also when it ends with an error. Without
// `beforeRemoval` nothing is removed.
[[nodiscard]] Result<void> walkOrphanKeys(const FeedServices& services, Directory& directory,
                                          const OrphanQuery& query, const BeforeRemoval& beforeRemoval,
                                          Deadline deadline, OrphanReport& report);

} // namespace backend
