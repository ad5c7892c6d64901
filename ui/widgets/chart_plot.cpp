#include "ui/widgets/chart_plot.h"

#include "ui/bridge/time_range.h"
#include "ui/widgets/axis_tickers.h"
#include "ui/widgets/chart_marks.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPicture>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kRightMargin = 12;
constexpr int kLeastPlotWidth = 180, kLeastPlotHeight = 72;
constexpr int kValueLabelPadding = 6;
constexpr double kHeadroom = 0.05, kFootroom = 0.02; // of the scale: lines at its ends are seen whole
constexpr double kLinePen = 1.4, kThinPen = 1;       // thin: QPainter's fast path
constexpr double kDotSize = 4;
constexpr qsizetype kSmoothPoints = 730; // of a line; more are neither antialiased nor filled below
constexpr float kFillAlpha = 0.10F, kBrushAlpha = 0.18F, kBandAlpha = 0.16F;
constexpr std::size_t kMostBands = 4; // more would hide each other
constexpr double kDragPixels = 5;     // less is a click

} // namespace

ChartPlot::ChartPlot(const Theme& theme, const TimeChart::Options& options,
                     const std::vector<backend::Event>& events, QWidget* parent)
    : QObject(parent)
    , m_theme(theme)
    , m_plot(new QCustomPlot(parent))
    , m_leftScale(options.left.scale, options.left.leastMaximum)
    , m_rightScale(options.right.scale, options.right.leastMaximum)
    , m_leftTicker(QSharedPointer<ScaleTicker>::create())
    , m_rightTicker(QSharedPointer<ScaleTicker>::create())
    , m_leftFixed(options.left.fixedMaximum)
{
    m_hasRight =
        std::any_of(options.series.begin(), options.series.end(), [](const auto& s) { return s.right; });
    m_roomAtRight = m_hasRight || options.roomAtRight;
    build(options);
    buildAxes();
    buildCursor();
    m_gaps = new GapBands(theme, *m_plot);
    m_ticks = new EventTicks(theme, *m_plot, events);
    applyTheme();
    fitValues(NAN, NAN);
    connect(&theme, &Theme::changed, this, [this] {
        applyTheme();
        replot();
    });
    connect(m_plot, &QCustomPlot::beforeReplot, this, [this] { fitLabels(m_plot->height()); });
    connectMouse();
    m_plot->installEventFilter(this);
}

// --- the mouse

void ChartPlot::connectMouse()
{
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) { pressed(*event); });
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) { moved(*event); });
    connect(m_plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) { released(*event); });
    connect(m_plot, &QCustomPlot::mouseWheel, this, [this](QWheelEvent* event) { wheeled(*event); });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        endBrush();
        emit doubleClicked();
    });
}

QMargins ChartPlot::sides() const
{
    const auto margins = m_plot->axisRect()->margins();
    return {margins.left(), 0, margins.right(), 0};
}

double ChartPlot::timeAt(double pixel) const
{
    const auto* area = m_plot->axisRect();
    return m_plot->xAxis->pixelToCoord(std::clamp(pixel, double(area->left()), double(area->right())));
}

void ChartPlot::pressed(const QMouseEvent& event)
{
    const bool left = event.button() == Qt::LeftButton, shift = event.modifiers() & Qt::ShiftModifier;
    endBrush(); // another button gives up what was begun
    if (event.button() == Qt::MiddleButton || (left && shift)) {
        m_drag = Drag::Pan;
        m_plot->setCursor(Qt::ClosedHandCursor);
    } else if (left) {
        m_drag = Drag::Brush;
    }
    m_pressedAt = event.position().x();
}

void ChartPlot::moved(const QMouseEvent& event)
{
    const double at = event.position().x();
    emit pointed(m_plot->xAxis->pixelToCoord(at));
    if (m_drag == Drag::Pan) {
        const double by = m_plot->xAxis->pixelToCoord(m_pressedAt) - m_plot->xAxis->pixelToCoord(at);
        m_pressedAt = at;
        emit dragged(by);
    } else if (m_drag == Drag::Brush) {
        showBrush(at);
    }
}

void ChartPlot::released(const QMouseEvent& event)
{
    const auto drag = m_drag;
    const double from = m_pressedAt, to = event.position().x();
    endBrush();
    if (drag != Drag::Brush) return;
    if (std::abs(to - from) < kDragPixels)
        emit clicked(timeAt(to));
    else
        emit brushed(timeAt(std::min(from, to)), timeAt(std::max(from, to)));
}

void ChartPlot::wheeled(QWheelEvent& event)
{
    event.accept();
    const QPointF steps =
        QPointF(event.angleDelta()) / QWheelEvent::DefaultDeltasPerStep; // a touchpad's are small
    if (steps.y() != 0)
        emit zoomed(std::pow(TimeRange::kZoomStep, steps.y()), timeAt(event.position().x()));
    else if (steps.x() != 0)
        emit dragged(-steps.x() * m_span / 10);
}

void ChartPlot::showBrush(double pixel)
{
    if (std::abs(pixel - m_pressedAt) < kDragPixels && !m_brush->visible()) return;
    m_brush->topLeft->setCoords(timeAt(m_pressedAt), 0);
    m_brush->bottomRight->setCoords(timeAt(pixel), 1);
    m_brush->setVisible(true);
    m_brush->layer()->replot();
}

void ChartPlot::endBrush()
{
    m_drag = Drag::None;
    m_plot->unsetCursor();
    if (!m_brush->visible()) return;
    m_brush->setVisible(false);
    m_brush->layer()->replot();
}

void ChartPlot::build(const TimeChart::Options& options)
{
    m_plot->setObjectName(QStringLiteral("plot"));
    m_plot->setMinimumSize(kLeastPlotWidth, kLeastPlotHeight);
    m_plot->setMouseTracking(true);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setNotAntialiasedElements(QCP::aeAll);
    m_plot->setAntialiasedElement(QCP::aePlottables, true);
    m_plot->setPlottingHint(QCP::phFastPolylines, true);
    m_plot->setPlottingHint(QCP::phCacheLabels, true);
    for (const auto& series : options.series) {
        auto* graph = m_plot->addGraph(m_plot->xAxis, series.right ? m_plot->yAxis2 : m_plot->yAxis);
        graph->setAdaptiveSampling(true);
        m_graphs.push_back(graph);
        m_looks.emplace_back(series.number, series.tone);
        auto* dots = m_plot->addGraph(m_plot->xAxis, graph->valueAxis());
        dots->setLineStyle(QCPGraph::lsNone);
        m_dots.push_back(dots);
    }
    if (m_graphs.size() <= kMostBands) buildBands();
}

// From the least to the greatest, behind the lines.
void ChartPlot::buildBands()
{
    m_plot->addLayer(QStringLiteral("bands"), m_plot->layer(QStringLiteral("main")), QCustomPlot::limBelow);
    for (auto* graph : m_graphs) {
        std::array<QCPGraph*, 2> edges{};
        for (auto*& edge : edges) {
            edge = m_plot->addGraph(m_plot->xAxis, graph->valueAxis());
            edge->setLayer(QStringLiteral("bands"));
            edge->setPen(Qt::NoPen);
        }
        edges[0]->setChannelFillGraph(edges[1]);
        m_bands.push_back(edges);
    }
}

void ChartPlot::buildAxes()
{
    auto* area = m_plot->axisRect();
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    // Fixed: live axes stand still.
    const int scaleMargin = metrics.horizontalAdvance(longestScaleLabel()) + kValueLabelPadding;
    area->setAutoMargins(QCP::msBottom);
    area->setMargins(
        QMargins(scaleMargin, metrics.height() / 2, m_roomAtRight ? scaleMargin : kRightMargin, 0));
    m_plot->yAxis->setTicker(m_leftTicker);
    m_plot->yAxis2->setTicker(m_rightTicker);
    m_plot->yAxis2->setVisible(m_hasRight);
    m_plot->yAxis2->grid()->setVisible(false);
    for (auto* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setSubTicks(false);
        axis->setTickLength(0, 3);
        axis->setTickLabelPadding(axis == m_plot->xAxis ? kMarkStrip : kValueLabelPadding);
        axis->grid()->setSubGridVisible(false);
    }
    m_plot->xAxis->setTicker(QSharedPointer<TimeTicker>::create(*m_plot));
    m_plot->yAxis->setTickLength(0, 0);
    m_plot->yAxis2->setTickLength(0, 0);
}

void ChartPlot::buildCursor()
{
    m_plot->layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmBuffered);
    m_cursor = new QCPItemStraightLine(m_plot);
    m_cursor->setLayer(QStringLiteral("overlay"));
    m_cursor->setVisible(false);
    m_cursor->setClipToAxisRect(true);
    m_brush = new QCPItemRect(m_plot);
    m_brush->setLayer(QStringLiteral("overlay"));
    m_brush->setVisible(false);
    m_brush->setClipToAxisRect(true);
    for (auto* corner : {m_brush->topLeft, m_brush->bottomRight})
        corner->setTypeY(QCPItemPosition::ptAxisRectRatio);
}

QWidget* ChartPlot::widget() const
{
    return m_plot;
}

void ChartPlot::applyTheme()
{
    m_plot->setBackground(m_theme.card());
    applyAxisTheme();
    applyLinePens();
    QPen cursor(m_theme.textMuted(), 0);
    m_cursor->setPen(cursor);
    QColor brush = m_theme.color(Tone::Accent);
    m_brush->setPen(QPen(brush, 0));
    brush.setAlphaF(kBrushAlpha);
    m_brush->setBrush(brush);
}

void ChartPlot::applyLinePens()
{
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        const auto [number, tone] = m_looks[i];
        const auto color = m_theme.series(number, tone);
        QPen pen(color, m_smooth ? kLinePen : kThinPen);
        if (const auto dash = m_theme.seriesDash(number); !dash.isEmpty()) pen.setDashPattern(dash);
        m_graphs[i]->setPen(pen);
        QColor fill = color;
        fill.setAlphaF(kFillAlpha);
        m_graphs[i]->setBrush(m_graphs.size() == 1 && m_smooth ? QBrush(fill) : QBrush(Qt::NoBrush));
        m_dots[i]->setScatterStyle({QCPScatterStyle::ssDisc, color, color, kDotSize});
        if (i >= m_bands.size()) continue;
        fill.setAlphaF(kBandAlpha);
        m_bands[i][0]->setBrush(fill);
    }
}

void ChartPlot::applyAxisTheme()
{
    for (auto* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setBasePen(Qt::NoPen); // the grid's line at zero stands for it
        axis->setTickPen(QPen(m_theme.cardBorder(), 0));
        axis->setTickLabelColor(m_theme.textMuted());
        axis->setTickLabelFont(m_theme.font(FontRole::Small));
        axis->grid()->setPen(QPen(m_theme.grid(), 0));
        axis->grid()->setZeroLinePen(QPen(m_theme.cardBorder(), 0));
    }
}

void ChartPlot::setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values)
{
    for (std::size_t g = 0; g < m_graphs.size(); ++g) {
        QVector<QCPGraphData> points;
        points.reserve(qsizetype(atSeconds.size()));
        for (std::size_t i = 0; g < values.size() && i < atSeconds.size(); ++i)
            points.append({atSeconds[i], values[g][i]});
        setIsolated(g, points);
        m_graphs[g]->data()->set(points, true);
    }
}

void ChartPlot::setBands(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& least,
                         const std::vector<std::vector<double>>& greatest)
{
    for (std::size_t g = 0; g < m_bands.size(); ++g)
        for (const std::size_t edge : {0, 1}) {
            const auto& values = edge == 0 ? least : greatest;
            QVector<QCPGraphData> points;
            for (std::size_t i = 0; g < values.size() && i < std::min(atSeconds.size(), values[g].size());
                 ++i)
                points.append({atSeconds[i], values[g][i]});
            m_bands[g][edge]->data()->set(points, true);
        }
}

void ChartPlot::setGaps(std::vector<HistoryGap> gaps)
{
    m_gaps->setGaps(std::move(gaps));
}

void ChartPlot::setGapWords(bool words)
{
    m_gaps->setWords(words);
}

int ChartPlot::gapsShown() const
{
    return m_gaps->shown();
}

int ChartPlot::marksShown() const
{
    return int(m_ticks->marks().size());
}

QString ChartPlot::textAt(QPointF pixel) const
{
    const auto events = m_ticks->textAt(pixel);
    return events.isEmpty() ? m_gaps->textAt(pixel) : events;
}

void ChartPlot::setIsolated(std::size_t graph, const QVector<QCPGraphData>& points)
{
    QVector<QCPGraphData> alone;
    const auto known = [&](qsizetype i) {
        return i >= 0 && i < points.size() && !std::isnan(points[i].value);
    };
    for (qsizetype i = 0; i < points.size(); ++i)
        if (known(i) && !known(i - 1) && !known(i + 1)) alone.append(points[i]);
    m_dots[graph]->data()->set(alone, true);
}

QString ChartPlot::eventsNear(double atSeconds) const
{
    const auto place = placeOf(atSeconds);
    return m_ticks->textAt(QPointF(place.x(), place.y() + kMarkStrip / 2.0));
}

QPoint ChartPlot::placeOf(double atSeconds) const
{
    return {int(m_plot->xAxis->coordToPixel(atSeconds)), m_plot->axisRect()->bottom()};
}

void ChartPlot::setRange(double beginSeconds, double endSeconds)
{
    m_plot->xAxis->setRange(beginSeconds, endSeconds);
    if (const double span = endSeconds - beginSeconds; span != m_span) {
        m_leftScale.reset(); // another window shows other values
        m_rightScale.reset();
        m_span = span;
    }
    qsizetype most = 0;
    for (auto* graph : m_graphs)
        most = std::max(
            most, qsizetype(graph->data()->findEnd(endSeconds) - graph->data()->findBegin(beginSeconds)));
    if (const bool smooth = most <= kSmoothPoints; smooth != m_smooth) {
        m_smooth = smooth;
        m_plot->setAntialiasedElement(QCP::aePlottables, smooth);
        applyLinePens();
    }
}

void ChartPlot::fitLabels(int height)
{
    const auto margins = m_plot->axisRect()->margins();
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    const int below = std::max(margins.bottom(), metrics.height() + kMarkStrip); // 0 before it is laid out
    for (const auto& ticker : {m_leftTicker, m_rightTicker})
        ticker->setRoom(height - margins.top() - below, metrics.height());
}

void ChartPlot::fitValues(double leftLargest, double rightLargest)
{
    m_leftScale.fit(0, leftLargest);
    const auto left = m_leftFixed > 0 ? stepsFor(m_leftScale.unit(), 0, m_leftFixed) : m_leftScale.steps();
    m_rightScale.fit(0, std::isnan(rightLargest) ? 0 : rightLargest, left.count);
    const auto show = [](QCPAxis& axis, ScaleTicker& ticker, ScaleUnit unit, const ScaleSteps& steps) {
        ticker.setSteps(unit, steps);
        axis.setRange(-kFootroom * steps.end(), (1 + kHeadroom) * steps.end());
    };
    show(*m_plot->yAxis, *m_leftTicker, m_leftScale.unit(), left);
    show(*m_plot->yAxis2, *m_rightTicker, m_rightScale.unit(), m_rightScale.steps());
}

void ChartPlot::setCursor(std::optional<double> atSeconds)
{
    if (!atSeconds && !m_cursor->visible()) return;
    m_cursor->setVisible(atSeconds.has_value());
    if (atSeconds) {
        m_cursor->point1->setCoords(*atSeconds, 0);
        m_cursor->point2->setCoords(*atSeconds, 1);
    }
    if (m_plot->isVisible()) m_cursor->layer()->replot();
}

void ChartPlot::replot()
{
    if (m_plot->isVisible()) m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ChartPlot::draw(QPainter& painter, QSize size)
{
    QPicture picture;
    fitLabels(size.height());
    {
        QCPPainter recorder(&picture);
        recorder.setMode(QCPPainter::pmVectorized);
        recorder.setMode(QCPPainter::pmNoCaching);
        m_plot->toPainter(&recorder, size.width(), size.height());
    }
    painter.drawPicture(0, 0, picture);
}

bool ChartPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave) emit left();
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), textAt(help->pos()), m_plot); // none hides it
        return true;
    }
    return QObject::eventFilter(watched, event);
}

} // namespace ui
