// Messages of nodes in trouble where there is little room: what is the matter comes first. They begin with
// the node's name, its address, since when, and its name once more; the whole text belongs into the tool tip.
// Pure; any thread.
#pragma once

#include <QString>

namespace ui {

// "pg-1 has not answered for 4 s: pg-1 (host=/run port=5432) did not accept a connection in time. Start it" →
// "pg-1 has not answered for 4 s: did not accept a connection in time. Start it"
QString withoutAddresses(const QString& message, const QString& node);
// The same beside the node's name and state: "did not accept a connection in time. Start it"
QString reasonFirst(const QString& message, const QString& node);

} // namespace ui
