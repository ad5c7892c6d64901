// The Nodes page on a scripted engine, shown, with what its tests read of it. The test's thread.
#pragma once

#include <QLabel>
#include <QTabWidget>
#include <QTableView>

#include "tests/ui/page_fixture.h"
#include "ui/pages/node_list.h"
#include "ui/pages/nodes_page.h"

#include <chrono>

namespace tests {

using namespace std::chrono_literals;

inline constexpr auto kMissing = "notRead Its own figures"; // why there are none

struct ShownNodes : PageFixture
{
    explicit ShownNodes(std::chrono::milliseconds interval = 20ms, const char* node = "redis-3")
    {
        opened = open();
        nodes = &make<ui::NodesPage>();
        nodes->setInterval(interval);
        if (node) nodes->openArgument(QString::fromLatin1(node));
    }
    ui::NodesPage* nodes = nullptr;
    bool opened = false;

    QString text(const char* name) const
    {
        const auto* label = find<QLabel>(name);
        return label ? label->text() : QStringLiteral("(no %1)").arg(QLatin1String(name));
    }
    QTableView& table(const char* name) const { return *find<QTableView>(name); }
    QString cell(const char* name, int row, int column) const
    {
        return table(name).model()->index(row, column).data().toString();
    }
    int listRow(const QString& node) const
    {
        for (int row = 0; row < table("nodeList").model()->rowCount(); ++row)
            if (cell("nodeList", row, ui::ListNameColumn) == node) return row;
        return -1;
    }
    QString tabTitle(const QString& begin) const
    {
        const auto* tabs = find<QTabWidget>("nodeTabs");
        for (int i = 0; i < tabs->count(); ++i)
            if (tabs->isTabVisible(i) && tabs->tabText(i).startsWith(begin)) return tabs->tabText(i);
        return {};
    }
    bool hasDetails() const
    {
        return find<QTabWidget>("nodeTabs")->isVisibleTo(page.get()) && !find<QLabel>(kMissing);
    }
};

inline backend::ClusterSnapshot withDown(const char* name)
{
    auto snapshot = fakeSnapshot(1);
    for (auto& node : snapshot.nodes)
        if (node.name == name) {
            node.health = backend::Health::Down;
            node.message = std::string(name) + " has not answered for 35 s: connection refused. Start it.";
            node.connections = -1;
            node.probeMilliseconds = -1;
        }
    return snapshot;
}

inline constexpr int kRedis3 = 5; // its id

} // namespace tests
