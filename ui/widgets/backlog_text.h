// Words for workers that fall behind: how much waits, why as far as it is seen, and what to do. Pure; any
// thread.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

#include <QString>

namespace ui {

// "The workers fall behind: 12,300 tasks wait, the oldest for 40 s"; empty: they keep up.
QString backlogText(const backend::ClusterSnapshot& snapshot);
// "All 8 workers are busy: …"; empty with no backlog.
QString backlogAdvice(const backend::ClusterSnapshot& snapshot);
// Normal while the workers keep up.
Tone backlogTone(const backend::ClusterSnapshot& snapshot);

} // namespace ui
