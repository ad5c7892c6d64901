// Words for workers that fall behind, or of which none takes tasks: how much waits, why as far as it is seen,
// and what to do. Pure; any thread.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

#include <QString>

#include <optional>

namespace ui {

// "all workers are paused", "workers fall behind"; empty: they keep up, or nothing is known.
QString backlogShort(const backend::ClusterSnapshot& snapshot);
// "The workers fall behind: 12,300 tasks wait, the oldest for 40 s"; that none works comes before it. Empty:
// they keep up.
QString backlogText(const backend::ClusterSnapshot& snapshot);
// "All 8 workers are busy: …"; empty where that is.
QString backlogAdvice(const backend::ClusterSnapshot& snapshot);
// Since when that is so; empty: they keep up, or it is not known.
std::optional<backend::TimePoint> backlogSince(const backend::ClusterSnapshot& snapshot);
// "227 tasks", "20,000 tasks or more" where no more are counted; see NodeSnapshot::parkedTasks.
QString parkedTasksText(std::int64_t tasks);
// None takes tasks, and that is known.
bool nobodyWorks(const backend::ClusterSnapshot& snapshot);
// That is because all are paused.
bool allPaused(const backend::ClusterSnapshot& snapshot);
// They fall behind because a node is in trouble.
bool backlogIsANodes(const backend::ClusterSnapshot& snapshot);
// Normal while the workers keep up.
Tone backlogTone(const backend::ClusterSnapshot& snapshot);

} // namespace ui
