// Words for calls of the Feed that fail, and for pages that are answered without all that belongs on them.
// Pure; any thread.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

#include <QString>
#include <QStringList>

namespace ui {

// What fails, worst first: "62 % of reads fail, 37/s: deadline exceeded"; empty: as good as nothing.
QStringList failures(const backend::ClusterSnapshot& snapshot);
// The same where there is little room: "62 % of reads fail".
QStringList failuresShort(const backend::ClusterSnapshot& snapshot);
// Critical where calls fail, a warning where pages are incomplete, Normal otherwise.
Tone failureTone(const backend::ClusterSnapshot& snapshot);
// Why, as far as it is seen, and what to look at: "pg-1 and 1 more node are down."
QString failureCause(const backend::ClusterSnapshot& snapshot);
// Since the engines started, by reason; empty: there were none.
QString failureTotals(const backend::ClusterSnapshot& snapshot);

} // namespace ui
