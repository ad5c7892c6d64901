#include "ui/pages/cap_pricer.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/capacity_table.h"
#include "ui/pages/figure_grid.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <algorithm>
#include <set>

namespace ui {
namespace {

constexpr int kRestMilliseconds = 400;
constexpr double kGiB = 1024.0 * 1024 * 1024;

} // namespace

CapPricer::CapPricer(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : Card(theme, tr("What a cap would cost"), parent)
    , m_bridge(bridge)
{
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMilliseconds);
    build();
    connectAll();
    clear(tr("Not weighed yet."));
}

void CapPricer::build()
{
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setObjectName(QStringLiteral("capSlider"));
    m_slider->setAccessibleName(tr("Cap of a home timeline, entries"));
    m_cap = new QSpinBox(this);
    m_cap->setObjectName(QStringLiteral("capSpin"));
    m_cap->setAccessibleName(tr("Cap of a home timeline, entries"));
    m_cap->setSuffix(tr(" entries"));
    m_cap->setKeyboardTracking(false);
    m_figures = new FigureGrid(
        theme(), QStringLiteral("capFigures"),
        {tr("Bytes a reader"), tr("All readers"), tr("Readers per GiB"), tr("Timelines shortened")}, this);
    m_basis = new Label(theme(), FontRole::Small, Tone::Muted, this);
    m_basis->setObjectName(QStringLiteral("capBasis"));
    m_basis->setWordWrap(true);
    m_basis->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* row = new QHBoxLayout;
    row->addWidget(new Label(theme(), tr("Cap"), FontRole::Body, Tone::Muted, this));
    row->addWidget(m_slider, 1);
    row->addWidget(m_cap);
    body()->addLayout(row);
    body()->addWidget(m_figures);
    body()->addWidget(m_basis, 1);
}

void CapPricer::connectAll()
{
    connect(m_slider, &QSlider::valueChanged, this, &CapPricer::choose);
    connect(m_cap, &QSpinBox::valueChanged, this, &CapPricer::choose);
    connect(&m_rest, &QTimer::timeout, this, &CapPricer::weigh);
}

std::vector<int> CapPricer::capsToAskFor(int presentCap)
{
    std::set<int> caps;
    for (const int part : {64, 32, 16, 12, 8, 6, 5, 4, 3, 2, 1})
        caps.insert(std::max(1, presentCap / part));
    for (const int part : {3, 5, 6, 7})
        caps.insert(std::max(1, presentCap * part / 8));
    return {caps.begin(), caps.end()};
}

void CapPricer::setCapacity(const backend::Capacity& capacity)
{
    if (noTimelines(capacity)) return clear(tr("Not measured: there is no home timeline yet."));
    if (!capacity.notMeasured.empty())
        return clear(tr("Not measured: %1.").arg(QString::fromStdString(capacity.notMeasured)));
    const bool first = !m_capacity || m_capacity->cap != capacity.cap;
    m_reason.clear();
    m_error.clear();
    takePrices(capacity);
    setSubtitle(tr("today %1 entries").arg(formatCount(capacity.cap)));
    const QSignalBlocker quietSlider(m_slider), quietCap(m_cap);
    m_slider->setEnabled(true);
    m_cap->setEnabled(true);
    m_slider->setRange(1, capacity.cap);
    m_slider->setPageStep(std::max(1, capacity.cap / 10));
    m_cap->setRange(1, capacity.cap);
    m_cap->setToolTip(tr("At most today's cap: what readers would have above it cannot be seen in Redis."));
    const int chosen = first ? capacity.cap / 2 : m_cap->value();
    m_slider->setValue(chosen);
    m_cap->setValue(chosen);
    showFigures();
    if (!m_prices.contains(chosen)) m_rest.start();
}

void CapPricer::takePrices(const backend::Capacity& capacity)
{
    m_capacity = capacity;
    m_prices.clear();
    for (const auto& price : capacity.caps)
        if (price.notMeasured.empty()) m_prices[price.cap] = price;
}

void CapPricer::clear(const QString& reason)
{
    giveUp();
    m_capacity.reset();
    m_prices.clear();
    m_reason = reason;
    m_slider->setEnabled(false);
    m_cap->setEnabled(false);
    setSubtitle({});
    showFigures();
}

void CapPricer::giveUp()
{
    m_rest.stop();
    m_call.cancel();
    if (m_weighing) m_error = tr("Given up; figures between weighed caps stay.");
    m_weighing = false;
    showFigures();
}

void CapPricer::choose(int cap)
{
    const QSignalBlocker quietSlider(m_slider), quietCap(m_cap);
    m_slider->setValue(cap);
    m_cap->setValue(cap);
    m_call.cancel(); // what is weighed just now is of another cap
    m_weighing = false;
    m_error.clear();
    if (m_prices.contains(cap))
        m_rest.stop();
    else
        m_rest.start();
    showFigures();
}

void CapPricer::weigh()
{
    const int cap = m_cap->value();
    m_weighing = true;
    showFigures();
    auto caps = capsToAskFor(m_capacity->cap);
    caps.insert(std::lower_bound(caps.begin(), caps.end(), cap), cap);
    m_call.cancel();
    m_call = m_bridge.callInTurn(
        this, kWeighing, [caps](backend::Engine& engine) { return requests::capacity(engine, caps); },
        [this, cap](backend::Result<backend::Capacity> capacity) {
            m_weighing = false;
            if (capacity)
                weighed(cap, *capacity);
            else
                m_error =
                    tr("Could not be weighed: %1").arg(QString::fromStdString(capacity.error().message));
            showFigures();
        });
}

void CapPricer::weighed(int cap, const backend::Capacity& capacity)
{
    if (!capacity.notMeasured.empty()) {
        m_error = tr("Not measured: %1.").arg(QString::fromStdString(capacity.notMeasured));
        return;
    }
    takePrices(capacity);
    for (const auto& price : capacity.caps)
        if (price.cap == cap && !price.notMeasured.empty())
            m_error = tr("Not measured: %1.").arg(QString::fromStdString(price.notMeasured));
    emit weighedAnew(capacity);
}

std::optional<backend::CapPrice> CapPricer::between(const std::map<int, backend::CapPrice>& prices, int cap)
{
    const auto above = prices.lower_bound(cap);
    if (above == prices.end()) return std::nullopt;
    if (above->first == cap) return above->second;
    if (above == prices.begin()) return std::nullopt;
    const auto& low = std::prev(above)->second;
    const auto& high = above->second;
    const double share = double(cap - low.cap) / double(high.cap - low.cap);
    const auto mix = [share](double a, double b) { return a + share * (b - a); };
    backend::CapPrice out;
    out.cap = cap;
    out.basis = "between caps";
    out.bytesPerTimeline = mix(low.bytesPerTimeline, high.bytesPerTimeline);
    out.bytes = mix(low.bytes, high.bytes);
    out.readersPerGiB = kGiB / out.bytesPerTimeline;
    out.cutReaders = mix(low.cutReaders, high.cutReaders);
    return out;
}

void CapPricer::showFigures()
{
    m_figures->setChosenTitle(m_capacity ? tr("at %1").arg(formatCount(m_cap->value())) : tr("at a cap"));
    const auto price = m_capacity ? between(m_prices, m_cap->value()) : std::nullopt;
    if (price) return showPrice(*price);
    m_figures->setFigures({});
    m_basis->setText(!m_capacity ? m_reason : !m_error.isEmpty() ? m_error : tr("Weighing…"));
}

void CapPricer::showPrice(const backend::CapPrice& price)
{
    const auto& now = *m_capacity;
    m_figures->setFigures(
        {comparedFigures(now.bytesPerTimeline.mean, price.bytesPerTimeline, &formatWholeBytes),
         comparedFigures(now.timelinesBytes, price.bytes, &formatWholeBytes),
         comparedFigures(now.readersPerGiB, price.readersPerGiB, &formatWholeCount),
         {formatWholeCount(0), formatWholeCount(price.cutReaders),
          tr("%1 of all")
              .arg(formatRatio(now.timelines > 0 ? price.cutReaders / double(now.timelines) : -1))}});
    m_basis->setText(basisText(price));
}

QString CapPricer::basisText(const backend::CapPrice& price) const
{
    if (price.basis == "between caps") {
        const auto above = m_prices.lower_bound(price.cap);
        const auto text = tr("Interpolated between the weighed caps %1 and %2.")
                              .arg(formatCount(std::prev(above)->first), formatCount(above->first));
        if (!m_error.isEmpty()) return QStringLiteral("%1 %2").arg(text, m_error);
        return m_weighing ? tr("%1 Weighing exactly %2…").arg(text, formatCount(price.cap)) : text;
    }
    const auto cut =
        tr("Whoever has a shortened timeline gets older posts from PostgreSQL instead; none is lost. "
           "The cap is timelines.cap of each engine's configuration.");
    if (price.basis == "uncut") return tr("No reader has more entries: nothing would be cut.");
    if (price.basis == "weighed") return tr("Timelines of that size were weighed. %1").arg(cut);
    return tr("Few timelines have that size: it lies between sizes that were weighed. %1").arg(cut);
}

} // namespace ui
