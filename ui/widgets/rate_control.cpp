#include "ui/widgets/rate_control.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/workload_strip.h"

#include <QGridLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <cmath>

namespace ui {
namespace {

constexpr int kPositions = 200, kPageStep = 20;
constexpr int kBoxWidth = 84;

} // namespace

RateControl::RateControl(const Theme& theme, const char* name, const QString& title, int most,
                         QWidget* parent)
    : QWidget(parent)
    , m_most(most)
{
    setObjectName(QLatin1StringView(name));
    build(theme, title);
    connect(m_slider, &QSlider::valueChanged, this,
            [this](int position) { m_box->setValue(rateAt(position)); });
    connect(m_box, &QSpinBox::valueChanged, this, [this](int rate) {
        const QSignalBlocker quiet(m_slider);
        if (rateAt(m_slider->value()) != rate) m_slider->setValue(positionOf(rate));
        emit wantedChanged(rate);
    });
}

void RateControl::build(const Theme& theme, const QString& title)
{
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setObjectName(objectName() + QStringLiteral("Slider"));
    m_slider->setAccessibleName(tr("Wanted %1, logarithmic").arg(title));
    m_slider->setRange(0, kPositions);
    m_slider->setPageStep(kPageStep);
    m_box = new QSpinBox(this);
    m_box->setObjectName(objectName() + QStringLiteral("Box"));
    m_box->setAccessibleName(tr("Wanted %1").arg(title));
    m_box->setRange(0, m_most);
    m_box->setKeyboardTracking(false); // not with every digit
    m_box->setGroupSeparatorShown(true);
    m_box->setFixedWidth(kBoxWidth);
    m_actual = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_actual->setObjectName(objectName() + QStringLiteral("Actual"));
    m_actual->setToolTip(tr("Achieved over the last seconds. %1").arg(trafficRhythmText()));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins({});
    grid->setHorizontalSpacing(kSpacingSmall);
    grid->setVerticalSpacing(0);
    grid->addWidget(new Label(theme, title, FontRole::Body, Tone::Normal, this), 0, 0);
    grid->addWidget(m_actual, 0, 1, Qt::AlignRight);
    grid->addWidget(m_slider, 1, 0, 1, 2);
    grid->addWidget(m_box, 0, 2, 2, 1, Qt::AlignVCenter);
    grid->setColumnStretch(0, 1);
}

// The same factor from step to step: 0, 1, 2, 3, 4 … 1,862, 1,929, 2,000.
int RateControl::rateAt(int position) const
{
    return position <= 0 ? 0 : int(std::lround(std::pow(double(m_most), double(position) / kPositions)));
}

int RateControl::positionOf(int rate) const
{
    if (rate <= 0) return 0;
    return std::max(1, int(std::lround(std::log(double(rate)) / std::log(double(m_most)) * kPositions)));
}

int RateControl::wanted() const
{
    return m_box->value();
}

void RateControl::show(double wanted, double actual)
{
    m_actual->setText(tr("achieved %1/s").arg(formatRate(actual)));
    const int rate = int(std::lround(wanted));
    if (m_box->hasFocus() || m_slider->isSliderDown() || rate == m_box->value()) return;
    const QSignalBlocker quietBox(m_box), quietSlider(m_slider);
    m_box->setValue(rate);
    m_slider->setValue(positionOf(rate));
}

} // namespace ui
