#include "ui/widgets/heat_grid.h"

#include "ui/widgets/exporter.h"

#include "ui/widgets/axis_scale.h"
#include "ui/widgets/color_bar.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/last_known_hatch.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kLabelWidth = 40; // shard numbers at the left
constexpr int kScaleWidth = 10, kScaleLabelWidth = 42;
constexpr int kLeastCell = 4;
constexpr int kWideCell = 10;            // from here on cells have gaps between them
constexpr double kChanceSpread = 2.5;    // standard deviations of chance on either side of the mean
constexpr double kLeastVariation = 0.02; // differences below this are not worth a colour
constexpr double kFromZero = 0.4; // a scale whose low end is below this part of its high end starts at 0

} // namespace

HeatGrid::HeatGrid(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_format(formatCompact)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Heatmap of logical shards"));
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void HeatGrid::setValues(std::vector<double> values, double chanceVariation, std::vector<bool> lastKnown)
{
    m_values = std::move(values);
    m_lastKnown = std::move(lastKnown);
    if (m_current >= int(m_values.size())) m_current = -1;
    if (m_hovered >= int(m_values.size())) m_hovered = -1;
    updateScale(chanceVariation);
    m_nothing.look(m_values);
    describe();
    update();
}

void HeatGrid::setMetric(const QString& metric, Format format)
{
    if (metric != m_metric) m_scale.reset();
    m_metric = metric;
    m_format = format ? std::move(format) : formatCompact;
    describe();
    update();
}

void HeatGrid::setNothing(const QString& words)
{
    m_nothing.setWords(words);
    update();
}

bool HeatGrid::isLastKnown(int shard) const
{
    return std::size_t(shard) < m_lastKnown.size() && m_lastKnown[std::size_t(shard)];
}

bool HeatGrid::anyLastKnown() const
{
    return std::find(m_lastKnown.begin(), m_lastKnown.end(), true) != m_lastKnown.end();
}

void HeatGrid::setDetail(std::function<QString(int)> detail)
{
    m_detail = std::move(detail);
    update();
}

void HeatGrid::updateScale(double chanceVariation)
{
    double lowest = NAN, highest = NAN, total = 0;
    int known = 0;
    for (const double value : m_values) {
        if (std::isnan(value)) continue;
        lowest = std::isnan(lowest) ? value : std::min(lowest, value);
        highest = std::isnan(highest) ? value : std::max(highest, value);
        total += value;
        ++known;
    }
    m_known = known > 0;
    if (!m_known) return;
    m_mean = total / known;
    if (m_mean <= 0) return;
    const double spread = kChanceSpread * std::max(chanceVariation, kLeastVariation);
    const double low = std::min(lowest / m_mean, 1 - spread), high = std::max(highest / m_mean, 1 + spread);
    m_scale.fit(low < kFromZero * high ? 0 : low, high);
}

double HeatGrid::placeOf(double partOfMean) const
{
    const auto steps = m_scale.steps();
    return (partOfMean - steps.begin) / (steps.end() - steps.begin);
}

void HeatGrid::setCurrent(int shard)
{
    if (shard == m_current || shard < -1 || shard >= int(m_values.size())) return;
    m_current = shard;
    describe();
    update();
    emit currentChanged(shard);
}

QString HeatGrid::cellText(int shard) const
{
    const double value = m_values[std::size_t(shard)];
    const auto figure =
        std::isnan(value) ? tr("not known") : QStringLiteral("%1 %2").arg(m_format(value), m_metric);
    const auto head = tr("Shard %1: %2").arg(shard).arg(figure);
    const auto detail = m_detail ? m_detail(shard) : QString();
    return detail.isEmpty() ? head : QStringLiteral("%1, %2").arg(head, detail);
}

// What screen readers get: the cell under the keyboard, or the whole in a sentence.
void HeatGrid::describe()
{
    if (m_current >= 0) {
        setAccessibleDescription(cellText(m_current));
        return;
    }
    const int highest = highestShard();
    setAccessibleDescription(
        highest < 0 ? tr("%n shard(s), nothing known yet", nullptr, int(m_values.size()))
        : !note().isEmpty()
            ? note()
            : tr("%n shard(s). Highest: %1", nullptr, int(m_values.size())).arg(cellText(highest)));
}

// -1: nothing is known.
int HeatGrid::highestShard() const
{
    int highest = -1;
    for (int s = 0; s < int(m_values.size()); ++s) {
        const double value = m_values[std::size_t(s)];
        if (!std::isnan(value) && (highest < 0 || value > m_values[std::size_t(highest)])) highest = s;
    }
    return highest;
}

// Under the grid: the cell that is pointed at, else the one that matters most.
QString HeatGrid::caption() const
{
    if (const int shard = m_hovered >= 0 ? m_hovered : m_current; shard >= 0) return cellText(shard);
    const int highest = highestShard();
    return highest >= 0 && m_values[std::size_t(highest)] > 0 ? tr("Highest: %1").arg(cellText(highest))
                                                              : tr("Point at a cell to read it");
}

// --- geometry

HeatGrid::Shape HeatGrid::shape() const
{
    const int small = QFontMetrics(m_theme.font(FontRole::Small)).height();
    Shape out;
    const QRect inside = rect().adjusted(kLabelWidth, 0, -(kScaleWidth + kScaleLabelWidth + kSpacingLarge),
                                         -((anyLastKnown() ? 3 : 2) * small + kSpacingMedium));
    const int count = std::max(1, int(m_values.size()));
    // A power of two of columns whose cells come nearest to squares.
    double best = 1e9;
    for (int columns = 1; columns <= count; columns *= 2) {
        const int rows = (count + columns - 1) / columns;
        const double ratio =
            (double(std::max(1, inside.width())) / columns) / (double(std::max(1, inside.height())) / rows);
        const double distance = std::abs(std::log(ratio / 1.3)); // a little wider than high reads best
        if (distance < best) {
            best = distance;
            out.columns = columns;
            out.rows = rows;
        }
    }
    const int cellWidth = std::max(kLeastCell, inside.width() / out.columns);
    const int cellHeight = std::max(kLeastCell, inside.height() / out.rows);
    out.cells = QRect(inside.left(), inside.top(), cellWidth * out.columns, cellHeight * out.rows);
    out.scale = QRect(out.cells.right() + kSpacingLarge, out.cells.top(), kScaleWidth, out.cells.height());
    return out;
}

QRect HeatGrid::cellRect(int shard) const
{
    const auto s = shape();
    const int width = s.cells.width() / s.columns, height = s.cells.height() / s.rows;
    return {s.cells.left() + shard % s.columns * width, s.cells.top() + shard / s.columns * height, width,
            height};
}

int HeatGrid::cellAt(const QPoint& position) const
{
    const auto s = shape();
    if (!s.cells.contains(position)) return -1;
    const int column = (position.x() - s.cells.left()) / (s.cells.width() / s.columns);
    const int row = (position.y() - s.cells.top()) / (s.cells.height() / s.rows);
    const int shard = row * s.columns + column;
    return shard < int(m_values.size()) ? shard : -1;
}

QSize HeatGrid::sizeHint() const
{
    return {420, 300};
}

QSize HeatGrid::minimumSizeHint() const
{
    return {240, 160};
}

// --- mouse and keyboard

void HeatGrid::setHovered(int shard)
{
    if (shard == m_hovered) return;
    m_hovered = shard;
    update();
}

void HeatGrid::mouseMoveEvent(QMouseEvent* event)
{
    setHovered(cellAt(event->position().toPoint()));
}

void HeatGrid::leaveEvent(QEvent*)
{
    setHovered(-1);
}

void HeatGrid::mousePressEvent(QMouseEvent* event)
{
    const int shard = cellAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || shard < 0) return;
    setCurrent(shard);
    emit cellActivated(shard);
}

void HeatGrid::keyPressEvent(QKeyEvent* event)
{
    const int count = int(m_values.size());
    const int columns = shape().columns;
    const int from = m_current;
    int to = from;
    switch (event->key()) {
    case Qt::Key_Left:
        to = from - 1;
        break;
    case Qt::Key_Right:
        to = from + 1;
        break;
    case Qt::Key_Up:
        to = from - columns;
        break;
    case Qt::Key_Down:
        to = from < 0 ? 0 : from + columns;
        break;
    case Qt::Key_Home:
        to = 0;
        break;
    case Qt::Key_End:
        to = count - 1;
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
    if (to >= 0 && to < count) setCurrent(to);
}

void HeatGrid::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    const bool byKeyboard =
        event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (byKeyboard && m_current < 0 && !m_values.empty()) setCurrent(0);
    update();
}

// --- painting

void HeatGrid::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    if (m_values.empty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(rect(), Qt::AlignCenter, tr("Waiting for data"));
        return;
    }
    const auto s = shape();
    drawCells(painter, s);
    drawLabels(painter, s);
    drawScale(painter, s);
    drawReadout(painter);
    m_nothing.draw(painter, m_theme, s.cells);
}

void HeatGrid::drawCells(QPainter& painter, const Shape& s) const
{
    const int gap =
        s.cells.width() / s.columns >= kWideCell && s.cells.height() / s.rows >= kWideCell ? 2 : 0;
    const QBrush hatch(m_theme.textMuted(), Qt::BDiagPattern); // a node is down: it is to be seen
    for (int shard = 0; shard < int(m_values.size()); ++shard) {
        const QRect cell = cellRect(shard).adjusted(0, 0, -gap, -gap);
        const double value = m_values[std::size_t(shard)];
        if (std::isnan(value))
            painter.fillRect(cell, hatch);
        else
            painter.fillRect(cell, m_theme.loadColor(m_mean > 0 ? placeOf(value / m_mean) : 0));
        if (isLastKnown(shard))
            hatchLastKnown(painter, cell, m_theme.onLoad(m_mean > 0 ? placeOf(value / m_mean) : 0));
    }
    // On dark cells and on light ones: within a line of the ground's colour.
    const auto frame = [&](int shard, const QColor& color, int width) {
        if (shard < 0) return;
        const QRect edge = cellRect(shard).adjusted(0, 0, -gap - 1, -gap - 1);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(m_theme.card(), width + 2));
        painter.drawRect(edge);
        painter.setPen(QPen(color, width));
        painter.drawRect(edge);
    };
    frame(m_hovered, m_theme.text(), 1);
    frame(m_current, hasFocus() ? m_theme.accent() : m_theme.text(), 2);
}

void HeatGrid::drawLabels(QPainter& painter, const Shape& s) const
{
    painter.setPen(m_theme.textMuted());
    const auto metrics = painter.fontMetrics();
    const int cellHeight = s.cells.height() / s.rows, cellWidth = s.cells.width() / s.columns;
    const int everyRow = std::max(1, int(std::ceil(double(metrics.height()) / cellHeight)));
    for (int row = 0; row < s.rows; row += everyRow) {
        // As high as its letters, also beside rows that are not.
        const int middle = s.cells.top() + row * cellHeight + cellHeight / 2;
        const QRect place(0, std::max(0, middle - metrics.height() / 2), kLabelWidth - kSpacingSmall,
                          metrics.height());
        painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter, QString::number(row * s.columns));
    }
    const int widest = metrics.horizontalAdvance(QStringLiteral("+%1").arg(s.columns)) + kSpacingSmall;
    const int everyColumn = std::max(1, int(std::ceil(double(widest) / cellWidth)));
    for (int column = 0; column < s.columns; column += everyColumn) {
        const QRect place(s.cells.left() + column * cellWidth - widest, s.cells.bottom() + kSpacingTiny,
                          cellWidth + 2 * widest, metrics.height());
        painter.drawText(place, Qt::AlignHCenter | Qt::AlignTop, QStringLiteral("+%1").arg(column));
    }
}

void HeatGrid::drawScale(QPainter& painter, const Shape& s) const
{
    for (int y = 0; y < s.scale.height(); ++y) {
        painter.setPen(m_theme.loadColor(1 - double(y) / std::max(1, s.scale.height() - 1)));
        painter.drawLine(s.scale.left(), s.scale.top() + y, s.scale.right(), s.scale.top() + y);
    }
    painter.setPen(m_theme.textMuted());
    const auto metrics = painter.fontMetrics();
    if (!m_known) return;
    if (m_mean <= 0) { // no mean to take parts of
        drawFigure(painter, {s.scale.right() + kSpacingTiny + 3, s.scale.bottom() + 1}, m_format(0));
        return;
    }
    painter.drawText(s.scale.left(), s.scale.bottom() + kSpacingTiny + metrics.ascent(), tr("× mean"));
    const auto values = m_scale.steps().values();
    const auto labels = m_scale.labels();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int y = s.scale.bottom() - int(std::lround(placeOf(values[i]) * (s.scale.height() - 1)));
        const int baseline = std::clamp(y + metrics.ascent() / 2 - 1, s.scale.top() + metrics.ascent() - 3,
                                        s.scale.bottom() + 1);
        painter.drawLine(s.scale.right() + 1, y, s.scale.right() + 3, y);
        drawFigure(painter, {s.scale.right() + kSpacingTiny + 3, baseline}, labels[i]);
    }
}

void HeatGrid::drawReadout(QPainter& painter) const
{
    const auto metrics = painter.fontMetrics();
    const bool chosen = m_hovered >= 0 || m_current >= 0;
    const auto words = caption();
    painter.setPen(chosen ? m_theme.text() : m_theme.textMuted());
    const int baseline = height() - metrics.descent();
    if (anyLastKnown()) {
        drawLastKnownKey(painter, m_theme, {kLabelWidth, baseline - metrics.height()});
        painter.setPen(chosen ? m_theme.text() : m_theme.textMuted());
    }
    drawFigure(painter, {kLabelWidth, baseline},
               metrics.elidedText(words, Qt::ElideRight, width() - kLabelWidth));
}

} // namespace ui
