// What is wrong with the cluster as of a snapshot, whatever page or window of time is shown: the same few
// sentences everywhere, each with the place where one does something about it. Pure; any thread.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace ui {

struct Incident
{
    Tone tone = Tone::Normal;
    QString headline, details; // what is wrong; why, since when and what to do
    QString link;              // words of the button that leads there
    QString page, argument;    // see Page::openArgument
    bool paused = false;       // it is that all workers are: to resume them ends it

    bool operator==(const Incident&) const = default;
};

// At most three, the worse one first: calls that fail together with the nodes that are down, workers of which
// readers do not get their posts in time, and a node that answers and takes no writes. Dead letters and
// single missed probes are none: those wait.
std::vector<Incident> incidentsOf(const backend::ClusterSnapshot& snapshot);

QStringList downNodes(const backend::ClusterSnapshot& snapshot); // by name

} // namespace ui
