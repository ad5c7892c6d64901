// The words over the shard panel's lists: what is in them and since when, what is still waited for, and what
// could not be read. Pure; any thread.
#pragma once

#include "backend/domain/shard_details.h"

#include <QString>

namespace ui {

struct ShardNote
{
    QString text; // empty: the list says it all
    bool problem = false;
};

ShardNote tasksNote(const backend::ShardDetails& details);
ShardNote authorsNote(const backend::ShardDetails& details);
ShardNote readersNote(const backend::ShardDetails& details);

} // namespace ui
