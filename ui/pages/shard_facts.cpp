#include "ui/pages/shard_facts.h"

#include "ui/models/shard_table.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QGridLayout>

#include <algorithm>
#include <array>
#include <utility>

namespace ui {
namespace {

std::pair<QString, Tone> healthWithTone(backend::Health health)
{
    switch (health) {
    case backend::Health::Ok:
        return {ShardFacts::tr("Ok"), Tone::Ok};
    case backend::Health::Degraded:
        return {ShardFacts::tr("Degraded"), Tone::Warning};
    case backend::Health::Down:
        return {ShardFacts::tr("Down"), Tone::Critical};
    default:
        return {ShardFacts::tr("Not known yet"), Tone::Muted};
    }
}

// Redis and PostgreSQL are counted by turns: their figures have an age, the rates have none.
QString countedText(const backend::ShardSnapshot& shard)
{
    auto read = shard.usersReadAt;
    if (shard.postsReadAt && (!read || *shard.postsReadAt < *read)) read = shard.postsReadAt;
    QStringList out;
    if (read) out << ShardFacts::tr("PostgreSQL read %1").arg(formatClock(*read));
    if (shard.sweptAt) out << ShardFacts::tr("Redis swept %1").arg(formatClock(*shard.sweptAt));
    if (out.isEmpty()) return {};
    out.back() += QLatin1Char(' ') + zoneName();
    return out.join(QStringLiteral(", "));
}

} // namespace

ShardFacts::ShardFacts(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins({});
    column->setSpacing(kSpacingSmall);
    buildNodes(*column);
    buildFigures(*column);
}

void ShardFacts::buildNodes(QVBoxLayout& column)
{
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(kSpacingMedium);
    grid->setVerticalSpacing(kSpacingTiny);
    const std::array roles{tr("Users on"), tr("Posts on"), tr("Timelines on")};
    const std::array names{"shardUsersHealth", "shardPostsHealth", "shardTimelinesHealth"};
    for (int i = 0; i < int(roles.size()); ++i) {
        NodeRow row{new Label(m_theme, roles[std::size_t(i)], FontRole::Body, Tone::Muted, this),
                    new Label(m_theme, FontRole::Strong, Tone::Normal, this),
                    new Label(m_theme, FontRole::Body, Tone::Muted, this),
                    new Label(m_theme, FontRole::Small, Tone::Muted, this)};
        row.health->setObjectName(QLatin1String(names[std::size_t(i)]));
        row.message->setObjectName(QLatin1String(names[std::size_t(i)]) + QStringLiteral("Message"));
        row.message->setWordWrap(true);
        row.message->hide();
        grid->addWidget(row.role, 2 * i, 0);
        grid->addWidget(row.name, 2 * i, 1);
        grid->addWidget(row.health, 2 * i, 2);
        grid->addWidget(row.message, 2 * i + 1, 0, 1, 3); // why, in the whole width
        m_nodes.push_back(row);
    }
    grid->setColumnStretch(2, 1);
    column.addLayout(grid);
}

void ShardFacts::buildFigures(QVBoxLayout& column)
{
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(kSpacingMedium);
    grid->setVerticalSpacing(kSpacingTiny);
    const std::array titles{tr("Users"),     tr("Posts"),   tr("In PostgreSQL"), tr("Deliveries/s"),
                            tr("Timelines"), tr("Entries"), tr("In Redis"),      tr("Reads/s")};
    const int rows = int(titles.size()) / 2;
    for (int i = 0; i < int(titles.size()); ++i) {
        auto* title = new Label(m_theme, titles[std::size_t(i)], FontRole::Body, Tone::Muted, this);
        auto* value = new Label(m_theme, FontRole::Strong, Tone::Normal, this);
        value->setAlignment(Qt::AlignRight);
        value->setAccessibleName(titles[std::size_t(i)]);
        grid->addWidget(title, i % rows, i / rows * 3);
        grid->addWidget(value, i % rows, i / rows * 3 + 1);
        m_figures.push_back(value);
    }
    grid->setColumnMinimumWidth(2, kSpacingLarge);
    for (const int stretched : {1, 4})
        grid->setColumnStretch(stretched, 1);
    column.addLayout(grid);
    m_counted = new Label(m_theme, FontRole::Small, Tone::Muted, this);
    m_counted->setObjectName(QStringLiteral("shardCounted"));
    m_counted->setWordWrap(true);
    column.addWidget(m_counted);
    m_dated = new Label(m_theme, FontRole::Small, Tone::Warning, this);
    m_dated->setObjectName(QStringLiteral("shardLastKnown"));
    m_dated->setWordWrap(true);
    m_dated->hide();
    column.addWidget(m_dated);
}

void ShardFacts::show(const backend::ClusterSnapshot& snapshot, bool ofWindow, const QString& note, int shard)
{
    if (shard < 0 || shard >= int(snapshot.shards.size())) return;
    const auto& shown = snapshot.shards[std::size_t(shard)];
    showNodes(snapshot, shown);
    showFigures(shardRow(snapshot, shown, ofWindow));
    const auto words = note.isEmpty() ? countedText(shown) : note;
    m_counted->setText(words);
    m_counted->setVisible(!words.isEmpty());
}

void ShardFacts::showNodes(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard)
{
    const std::array nodes{shard.usersNode, shard.postsNode, shard.timelinesNode};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto& row = m_nodes[i];
        row.name->setText(nodeName(snapshot, nodes[i]));
        const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                        [&](const auto& node) { return node.id == nodes[i]; });
        const auto [text, tone] =
            healthWithTone(found == snapshot.nodes.end() ? backend::Health::Unknown : found->health);
        const auto message =
            found == snapshot.nodes.end() ? QString() : QString::fromStdString(found->message);
        row.health->setTone(tone);
        row.health->setText(text);
        row.message->setTone(tone);
        row.message->setText(message);
        row.message->setVisible(!message.isEmpty());
    }
}

void ShardFacts::showFigures(const ShardRow& row)
{
    const auto& s = row.shard;
    const std::array texts{formatCount(s.users),         formatCount(s.posts),
                           formatBytes(s.postgresBytes), formatRate(s.deliveriesPerSecond),
                           formatCount(s.timelines),     formatCount(s.entries),
                           formatBytes(s.bytes),         formatRate(s.readsPerSecond)};
    const auto& postgres = row.usersDated.isEmpty() ? row.postsDated : row.usersDated;
    const std::array dated{row.usersDated,     row.postsDated,     postgres,           row.ratesDated,
                           row.timelinesDated, row.timelinesDated, row.timelinesDated, row.ratesDated};
    const std::array missing{row.usersMissing,     row.postsMissing,     row.rowsMissing,
                             row.timelinesMissing, row.timelinesMissing, row.timelinesMissing,
                             row.timelinesMissing, row.timelinesMissing};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool ofNow = dated[i].isEmpty();
        m_figures[i]->setText(texts[i]);
        m_figures[i]->setTone(ofNow ? Tone::Normal : Tone::Muted);
        m_figures[i]->setToolTip(texts[i] == unknownText() ? missing[i] : dated[i]);
        auto font = m_theme.font(FontRole::Strong);
        font.setItalic(!ofNow);
        m_figures[i]->setFont(font);
    }
    QStringList why;
    if (!postgres.isEmpty()) why << tr("PostgreSQL's figures %1").arg(postgres);
    if (!row.timelinesDated.isEmpty()) why << tr("Redis' figures %1").arg(row.timelinesDated);
    if (!row.ratesDated.isEmpty()) why << tr("Rates %1").arg(row.ratesDated);
    m_dated->setText(why.join(QLatin1Char('\n')));
    m_dated->setVisible(!why.isEmpty());
}

} // namespace ui
