#include "ui/models/shard_panel_tables.h"

#include "ui/models/queue_tables.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <map>

namespace ui {
namespace {

struct ShardPanelTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::ShardPanelTables)

public:
    template <class Row>
    static TableColumn<Row> count(const QString& title, const QString& explanation,
                                  std::function<std::int64_t(const Row&)> value, Tone whenAny = Tone::Normal)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Row& r) { return formatCount(value(r)); },
                [value](const Row& r) { return QVariant(qint64(value(r))); },
                {},
                [value, whenAny](const Row& r) { return value(r) > 0 ? whenAny : Tone::Normal; }};
    }

    template <class Row>
    static TableColumn<Row> user(const QString& title, std::function<QString(const Row&)> text)
    {
        return {title,
                tr("Enter or a double click opens it in the Timeline browser"),
                Qt::AlignLeft,
                std::move(text),
                {},
                {},
                {}};
    }
};

// Of whom the names are awaited.
void keepNames(backend::ShardDetails& now, const backend::ShardDetails& before)
{
    std::map<std::int64_t, std::string> names;
    for (const auto& author : before.authors.authors)
        names[author.author.value] = author.handle;
    for (const auto& reader : before.readers.readers)
        names[reader.reader.value] = reader.handle;
    const auto keep = [&](backend::UserId user, std::string& handle) {
        if (const auto known = names.find(user.value); handle.empty() && known != names.end())
            handle = known->second;
    };
    for (auto& author : now.authors.authors)
        keep(author.author, author.handle);
    for (auto& reader : now.readers.readers)
        keep(reader.reader, reader.handle);
    now.namesProblem = before.namesProblem;
}

} // namespace

backend::ShardDetails withAwaitedKept(backend::ShardDetails now, const backend::ShardDetails& before)
{
    bool kept = false;
    for (auto& tasks : now.tasks) {
        const auto known = std::find_if(before.tasks.begin(), before.tasks.end(), [&](const auto& one) {
            return one.node == tasks.node && !one.awaited;
        });
        if (!tasks.awaited || known == before.tasks.end()) continue;
        tasks = *known;
        kept = true;
    }
    if (!now.authors.awaited.empty() && before.authors.awaited.empty()) {
        now.authors = before.authors;
        kept = true;
    }
    if (!now.namesAwaited.empty() && before.namesAwaited.empty()) {
        keepNames(now, before);
        now.namesAwaited.clear();
        kept = true;
    }
    if (kept) now.takenAt = before.takenAt;
    return now;
}

QString userText(backend::UserId user, const std::string& handle)
{
    return handle.empty() ? ShardPanelTables::tr("id %1").arg(user.value)
                          : QStringLiteral("@%1").arg(QString::fromStdString(handle));
}

std::vector<ShardTaskRow> shardTaskRows(const backend::ShardDetails& details)
{
    std::vector<ShardTaskRow> out;
    for (const auto& node : details.tasks)
        for (const auto& kind : node.kinds)
            out.push_back({node.node, QString::fromStdString(node.name), kind});
    return out;
}

ShardTaskModel* makeShardTaskTable(QObject* parent)
{
    using T = ShardPanelTables;
    using Row = ShardTaskRow;
    std::vector<ShardTaskModel::Column> columns{
        {T::tr("Kind"), {}, Qt::AlignLeft, [](const Row& r) { return kindText(r.count.kind); }, {}, {}, {}},
        {T::tr("Node"), {}, Qt::AlignLeft, [](const Row& r) { return r.nodeName; }, {}, {}, {}},
        {T::tr("Unfinished"),
         T::tr("Waiting, running, or to be tried again"),
         Qt::AlignRight,
         [](const Row& r) { return formatCount(r.count.unfinished()); },
         [](const Row& r) { return QVariant(qint64(r.count.unfinished())); },
         [](const Row& r) {
             return T::tr("%1 waiting, %2 running, %3 to be tried again")
                 .arg(formatCount(r.count.ready), formatCount(r.count.running), formatCount(r.count.retry));
         },
         {}},
        T::count<Row>(
            T::tr("Retry"), T::tr("Wait for their next attempt"), [](const Row& r) { return r.count.retry; },
            Tone::Warning),
        {T::tr("Oldest"),
         T::tr("Age of the oldest of them"),
         Qt::AlignRight,
         [](const Row& r) { return formatDuration(r.count.oldestAgeSeconds); },
         [](const Row& r) { return QVariant(r.count.oldestAgeSeconds); },
         {},
         {},
         T::tr("s")},
    };
    return new ShardTaskModel(
        std::move(columns), [](const Row& r) { return qint64(r.node) * 1000 + qint64(r.count.kind); },
        parent);
}

HotAuthorModel* makeHotAuthorTable(QObject* parent)
{
    using T = ShardPanelTables;
    using Row = backend::HotAuthor;
    std::vector<HotAuthorModel::Column> columns{
        T::user<Row>(T::tr("Author"), [](const Row& r) { return userText(r.author, r.handle); }),
        T::count<Row>(T::tr("Posts"), T::tr("Written within the window"),
                      [](const Row& r) { return r.posts; }),
        T::count<Row>(T::tr("Deliveries"), T::tr("Of these posts so far, by the delivery ledger"),
                      [](const Row& r) { return r.deliveries; }),
        T::count<Row>(T::tr("Pulled"), T::tr("Readers who merge these posts when they read"),
                      [](const Row& r) { return r.pulled; }),
    };
    return new HotAuthorModel(
        std::move(columns), [](const Row& r) { return qint64(r.author.value); }, parent);
}

HotReaderModel* makeHotReaderTable(QObject* parent)
{
    using T = ShardPanelTables;
    using Row = backend::HotReader;
    std::vector<HotReaderModel::Column> columns{
        T::user<Row>(T::tr("Reader"), [](const Row& r) { return userText(r.reader, r.handle); }),
        {T::tr("Home pages"),
         T::tr("Home timeline pages asked of this engine. A range where the shard has more readers than the "
               "engine keeps counters for"),
         Qt::AlignRight,
         [](const Row& r) {
             return r.atLeast == r.atMost
                        ? formatCount(r.atLeast)
                        : QStringLiteral("%1–%2").arg(formatCount(r.atLeast), formatCount(r.atMost));
         },
         [](const Row& r) { return QVariant(qint64(r.atLeast)); },
         {},
         {}},
    };
    return new HotReaderModel(
        std::move(columns), [](const Row& r) { return qint64(r.reader.value); }, parent);
}

} // namespace ui
