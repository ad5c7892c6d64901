// The lease of one id slot in the directory: which id milliseconds this engine may use. A lost lease is replaced by
// another slot; ranges of successive holders never overlap. Owned by the engine; one thread at a time.
#pragma once

#include "backend/cluster/id_generator.h"
#include "backend/common/sql.h"

#include <string>

namespace backend {

class SlotLease
{
public:
    SlotLease(SqlPool& directory, std::string holder) : m_directory(directory), m_holder(std::move(holder)) {}

    // Takes a slot, or renews the one it holds (another when that was lost).
    [[nodiscard]] Result<IdGrant> renew(Deadline deadline);
    // Gives the slot back; the next holder starts at `usedUntilMs`.
    [[nodiscard]] Result<void> release(std::int64_t usedUntilMs, Deadline deadline);
    int slot() const { return m_slot; }

private:
    Result<IdGrant> take(Deadline deadline);

    SqlPool& m_directory;
    std::string m_holder;
    int m_slot = -1;
};

} // namespace backend
