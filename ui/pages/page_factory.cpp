#include "ui/pages/page_factory.h"

#include "ui/pages/cache_page.h"
#include "ui/pages/capacity_page.h"
#include "ui/pages/events_page.h"
#include "ui/pages/nodes_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/queue_page.h"
#include "ui/pages/shards_page.h"
#include "ui/pages/timeline_page.h"

#include <QCoreApplication>

namespace ui {
namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ui::PageFactory", text);
}

template <class SomePage>
PageEntry entry(const char* id, const QString& title)
{
    const auto name = QString::fromLatin1(id);
    return {name, title, name, [](const PageContext& context, QWidget* parent) -> Page* {
                return new SomePage(context, parent);
            }};
}

} // namespace

std::vector<PageEntry> pageEntries()
{
    return {
        entry<OverviewPage>("overview", tr("Overview")),
        entry<ShardsPage>("shards", tr("Shards")),
        entry<QueuePage>("queue", tr("Queue & workers")),
        entry<CachePage>("cache", tr("Cache")),
        entry<CapacityPage>("capacity", tr("Capacity")),
        entry<NodesPage>("nodes", tr("Nodes")),
        entry<EventsPage>("events", tr("Events")),
        entry<TimelinePage>("timeline", tr("Timeline browser")),
    };
}

} // namespace ui
