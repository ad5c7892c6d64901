#include "ui/widgets/treemap.h"

#include "ui/widgets/color_bar.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/treemap_layout.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>
#include <map>

namespace ui {
namespace {

constexpr double kStandsWithin = 0.2; // of its size a shard may change before places are given anew

bool known(double size)
{
    return size > 0; // also false for NaN
}

} // namespace

Treemap::Treemap(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_format(formatCompact)
    , m_sizeFormat(formatCompact)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Treemap of nodes and their logical shards"));
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Treemap::setItems(std::vector<Item> items)
{
    m_items = std::move(items);
    double highest = NAN;
    for (const auto& item : m_items)
        if (!std::isnan(item.load)) highest = std::isnan(highest) ? item.load : std::max(highest, item.load);
    if (highest > 0) m_scale.fit(0, highest);
    m_nothing.look(m_items, &Item::load);
    if (orderStands())
        for (auto& node : m_nodes) {
            node.size = 0;
            for (const auto item : node.items)
                if (known(m_items[item].size)) node.size += m_items[item].size;
        }
    else
        order();
    if (!itemOf(m_current)) m_current = -1;
    if (!itemOf(m_hovered)) m_hovered = -1;
    place();
    describe();
    update();
}

void Treemap::setSize(Format format)
{
    m_sizeFormat = std::move(format);
}

void Treemap::setNothing(const QString& words)
{
    m_nothing.setWords(words);
    update();
}

bool Treemap::anyDated() const
{
    return std::any_of(m_items.begin(), m_items.end(), [](const Item& i) { return !i.dated.isEmpty(); });
}

void Treemap::setLoad(const QString& metric, ScaleUnit unit, Format format)
{
    if (metric != m_metric) m_scale = AxisScale(unit);
    m_metric = metric;
    m_format = std::move(format);
    describe();
    update();
}

bool Treemap::orderStands() const
{
    if (m_orderedSizes.size() != m_items.size()) return false;
    std::size_t placed = 0;
    for (const auto& node : m_nodes)
        for (const auto item : node.items) {
            if (item >= m_items.size() || m_items[item].nodeName != node.name) return false;
            ++placed;
        }
    if (placed != m_items.size()) return false;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const double before = m_orderedSizes[i], now = m_items[i].size;
        if (known(before) != known(now)) return false;
        if (known(now) && std::abs(now - before) > kStandsWithin * before) return false;
    }
    return true;
}

void Treemap::order()
{
    std::map<int, Node> byNode;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        auto& node = byNode[m_items[i].node];
        node.name = m_items[i].nodeName;
        node.items.push_back(i);
        if (known(m_items[i].size)) node.size += m_items[i].size;
    }
    const auto sizeOf = [this](std::size_t i) { return known(m_items[i].size) ? m_items[i].size : 0; };
    m_nodes.clear();
    for (auto& [id, node] : byNode) {
        std::stable_sort(node.items.begin(), node.items.end(),
                         [&](auto a, auto b) { return sizeOf(a) > sizeOf(b); });
        m_nodes.push_back(std::move(node));
    }
    std::stable_sort(m_nodes.begin(), m_nodes.end(),
                     [](const Node& a, const Node& b) { return a.size > b.size; });
    m_orderedSizes.clear();
    for (const auto& item : m_items)
        m_orderedSizes.push_back(item.size);
}

QRectF Treemap::mapRect() const
{
    const int small = QFontMetrics(m_theme.font(FontRole::Small)).height();
    return QRectF(rect().adjusted(0, 0, -kColorBarRoom, -((anyDated() ? 2 : 1) * small + kSpacingSmall)));
}

void Treemap::place()
{
    m_cells.clear();
    std::vector<double> nodeSizes;
    for (const auto& node : m_nodes)
        nodeSizes.push_back(node.size);
    const auto nodeRects = squarify(nodeSizes, mapRect());
    for (std::size_t n = 0; n < m_nodes.size(); ++n) {
        auto& node = m_nodes[n];
        node.rect = nodeRects[n];
        std::vector<double> sizes;
        for (const auto item : node.items)
            sizes.push_back(m_items[item].size);
        const auto rects = squarify(sizes, node.rect);
        for (std::size_t i = 0; i < node.items.size(); ++i)
            if (!rects[i].isNull()) m_cells.push_back({node.items[i], rects[i]});
    }
}

int Treemap::withoutSize() const
{
    return int(std::count_if(m_items.begin(), m_items.end(), [](const Item& i) { return !known(i.size); }));
}

const Treemap::Cell* Treemap::cellOf(int shard) const
{
    const auto found = std::find_if(m_cells.begin(), m_cells.end(),
                                    [&](const Cell& cell) { return m_items[cell.item].shard == shard; });
    return found == m_cells.end() ? nullptr : &*found;
}

const Treemap::Item* Treemap::itemOf(int shard) const
{
    const auto found =
        std::find_if(m_items.begin(), m_items.end(), [&](const Item& item) { return item.shard == shard; });
    return found == m_items.end() ? nullptr : &*found;
}

QRectF Treemap::cellRect(int shard) const
{
    const auto* cell = cellOf(shard);
    return cell ? cell->rect : QRectF();
}

QString Treemap::cellText(int shard) const
{
    const auto* item = itemOf(shard);
    if (!item) return {};
    const auto load = std::isnan(item->load) ? tr("%1: not known").arg(m_metric) : m_format(item->load);
    const auto size = known(item->size) ? m_sizeFormat(item->size) : tr("size not known");
    const auto words = tr("Shard %1 on %2: %3, %4").arg(QString::number(shard), item->nodeName, size, load);
    return item->dated.isEmpty() ? words : QStringLiteral("%1, %2").arg(words, item->dated);
}

double Treemap::placeOf(double load) const
{
    return load / m_scale.steps().end();
}

void Treemap::setCurrent(int shard)
{
    if (shard == m_current || (shard != -1 && !itemOf(shard))) return;
    m_current = shard;
    describe();
    update();
    emit currentChanged(shard);
}

void Treemap::describe()
{
    setAccessibleDescription(
        m_current >= 0
            ? cellText(m_current)
            : tr("%n shard(s) on %1 nodes", nullptr, int(m_items.size())).arg(int(m_nodes.size())));
}

// --- mouse and keyboard

int Treemap::shardAt(const QPointF& position) const
{
    for (const auto& cell : m_cells)
        if (cell.rect.contains(position)) return m_items[cell.item].shard;
    return -1;
}

// The nearest one in that direction, by the middles, preferring what lies straight ahead.
int Treemap::neighbour(int dx, int dy) const
{
    const auto* from = cellOf(m_current);
    if (!from) return m_cells.empty() ? -1 : m_items[m_cells.front().item].shard;
    int best = -1;
    double nearest = 1e18;
    for (const auto& cell : m_cells) {
        const QPointF way = cell.rect.center() - from->rect.center();
        const double ahead = way.x() * dx + way.y() * dy;
        const double aside = std::abs(way.x() * dy) + std::abs(way.y() * dx);
        if (&cell == from || ahead <= 0.5) continue;
        const double distance = ahead + 2 * aside;
        if (distance >= nearest) continue;
        nearest = distance;
        best = m_items[cell.item].shard;
    }
    return best;
}

void Treemap::mouseMoveEvent(QMouseEvent* event)
{
    const int shard = shardAt(event->position());
    if (shard == m_hovered) return;
    m_hovered = shard;
    update();
}

void Treemap::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

void Treemap::mousePressEvent(QMouseEvent* event)
{
    const int shard = shardAt(event->position());
    if (event->button() != Qt::LeftButton || shard < 0) return;
    setCurrent(shard);
    emit cellActivated(shard);
}

void Treemap::keyPressEvent(QKeyEvent* event)
{
    int to = -1;
    switch (event->key()) {
    case Qt::Key_Left:
        to = neighbour(-1, 0);
        break;
    case Qt::Key_Right:
        to = neighbour(1, 0);
        break;
    case Qt::Key_Up:
        to = neighbour(0, -1);
        break;
    case Qt::Key_Down:
        to = neighbour(0, 1);
        break;
    case Qt::Key_Home:
        if (!m_cells.empty()) to = m_items[m_cells.front().item].shard;
        break;
    case Qt::Key_End:
        if (!m_cells.empty()) to = m_items[m_cells.back().item].shard;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_current >= 0) emit cellActivated(m_current);
        return;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    if (to >= 0) setCurrent(to);
}

void Treemap::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    const bool byKeyboard =
        event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (byKeyboard && m_current < 0 && !m_cells.empty()) setCurrent(m_items[m_cells.front().item].shard);
    update();
}

void Treemap::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    place();
}

} // namespace ui
