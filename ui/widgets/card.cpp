#include "ui/widgets/card.h"

#include "ui/widgets/exporter.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>
#include <iterator>

namespace ui {
namespace {

// Only where the whole head has no room for it: ends in an ellipsis and then has all its words in the tool
// tip.
class TitleLabel final : public Label
{
public:
    using Label::Label;

    QSize minimumSizeHint() const override { return {0, Label::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(text(), Qt::ElideRight, width()));
    }
    void resizeEvent(QResizeEvent* event) override
    {
        Label::resizeEvent(event);
        setToolTip(fontMetrics().horizontalAdvance(text()) > width() ? text() : QString());
    }
};

// The head's parts side by side. The title has all the room it needs, the subtitle what is left.
class Head final : public QWidget
{
public:
    Head(QWidget* parent, std::function<void()> fit)
        : QWidget(parent)
        , m_fit(std::move(fit))
    {
    }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QWidget::resizeEvent(event);
        m_fit();
    }

private:
    std::function<void()> m_fit;
};

} // namespace

// Shows the longest of its forms that has room, the last one with an ellipsis; then all its words are in the
// tool tip. Its text() is always the first.
class SubtitleLabel final : public Label
{
public:
    using Label::Label;

    void setForms(const QString& whole, const QStringList& shorter)
    {
        if (whole == text() && shorter == m_shorter) return;
        m_shorter = shorter;
        setText(whole);
        updateGeometry();
        tellWhole();
        update();
    }
    QString shown() const
    {
        for (const auto& form : QStringList{text()} + m_shorter)
            if (advance(form) <= width()) return form;
        return fontMetrics().elidedText(m_shorter.isEmpty() ? text() : m_shorter.back(), Qt::ElideRight,
                                        width());
    }
    QSize sizeHint() const override { return {advance(text()), Label::sizeHint().height()}; }
    QSize minimumSizeHint() const override { return {0, Label::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, shown());
    }
    void resizeEvent(QResizeEvent* event) override
    {
        Label::resizeEvent(event);
        tellWhole();
    }

private:
    int advance(const QString& form) const { return fontMetrics().horizontalAdvance(form); }
    void tellWhole() { setToolTip(shown() == text() ? QString() : text()); }

    QStringList m_shorter;
};

Card::Card(const Theme& theme, const QString& title, QWidget* parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_head(new Head(this, [this] { fitHead(); }))
    , m_headRow(new QHBoxLayout(m_head))
    , m_title(new TitleLabel(theme, title, FontRole::Strong, Tone::Normal, m_head))
    , m_subtitle(new SubtitleLabel(theme, FontRole::Small, Tone::Muted, m_head))
    , m_body(new QVBoxLayout)
{
    setAccessibleName(title);
    m_headRow->setContentsMargins({});
    m_headRow->setSpacing(kSpacingSmall);
    m_headRow->addWidget(m_title);
    m_headRow->addStretch(1);
    m_subtitle->setObjectName(QStringLiteral("cardSubtitle"));
    m_headRow->addWidget(m_subtitle);
    m_body->setContentsMargins({});
    m_body->setSpacing(kSpacingSmall);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingMedium, kSpacingSmall + 2, kSpacingMedium, kSpacingSmall + 2);
    layout->setSpacing(kSpacingTiny + 2);
    layout->addWidget(m_head);
    layout->addLayout(m_body, 1);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    updateHead();
}

void Card::setTitle(const QString& title)
{
    m_title->setText(title);
    setAccessibleName(title);
    updateHead();
}

QString Card::title() const
{
    return m_title->text();
}

void Card::setSubtitle(const QString& subtitle, Tone tone, const QStringList& shorter)
{
    m_subtitle->setForms(subtitle, shorter);
    m_subtitle->setTone(tone);
    updateHead();
}

void Card::addTool(QWidget* tool)
{
    m_headRow->insertWidget(m_headRow->count() - (m_export ? 1 : 0), tool);
    m_hasTools = true;
    updateHead();
}

void Card::offerExport(Exporter& exporter)
{
    if (!m_export) buildExportButton();
    m_exporters.emplace_back(&exporter);
    updateHead();
}

void Card::buildExportButton()
{
    m_export = new QToolButton(m_head);
    m_export->setObjectName(QStringLiteral("cardExport"));
    m_export->setProperty("flat", true);
    m_export->setToolTip(tr("Copy or export"));
    m_export->setAccessibleName(tr("Copy or export"));
    // The keyboard has the menu of the table or chart itself.
    m_export->setFocusPolicy(Qt::NoFocus);
    const int side = m_title->fontMetrics().height(); // the head grows no higher
    m_export->setIconSize({side - 3, side - 3});
    m_export->setFixedSize(side + 2, side);
    const auto restyle = [this] { m_export->setIcon(m_theme.icon(QStringLiteral("export"))); };
    connect(&m_theme, &Theme::changed, m_export, restyle);
    restyle();
    connect(m_export, &QToolButton::clicked, this, &Card::showExportMenu);
    m_headRow->addWidget(m_export);
}

void Card::showExportMenu()
{
    std::erase_if(m_exporters, [](const auto& exporter) { return !exporter; });
    std::vector<QPointer<Exporter>> seen;
    std::copy_if(m_exporters.begin(), m_exporters.end(), std::back_inserter(seen), [](const auto& exporter) {
        return static_cast<const QWidget*>(exporter->parent())->isVisible();
    });
    const auto at = m_export->mapToGlobal(QPoint(0, m_export->height()));
    if (seen.size() == 1) {
        seen.front()->makeMenu()->popup(at);
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const auto& exporter : seen) {
        auto* part = exporter->makeMenu();
        part->setTitle(static_cast<const QWidget*>(exporter->parent())->accessibleName());
        menu->addMenu(part);
    }
    menu->popup(at);
}

void Card::updateHead()
{
    if (m_export) m_export->setVisible(!m_title->text().isEmpty());
    m_head->setVisible(m_hasTools || !m_title->text().isEmpty() || !m_subtitle->text().isEmpty());
    fitHead();
}

void Card::fitHead()
{
    int room = m_head->width() - m_title->sizeHint().width();
    for (int i = 0; i < m_headRow->count(); ++i) {
        auto* part = m_headRow->itemAt(i)->widget();
        // A stretch takes no room, and the row puts none beside it.
        if (!part || part == m_title || part == m_subtitle || part->isHidden()) continue;
        room -= m_headRow->spacing() + part->sizeHint().width();
    }
    m_subtitle->setMaximumWidth(std::max(0, room - m_headRow->spacing()));
}

QString Card::shownSubtitle() const
{
    return m_subtitle->shown();
}

bool Card::titleFits() const
{
    return m_title->fontMetrics().horizontalAdvance(m_title->text()) <= m_title->width();
}

void Card::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hasFocus() ? QPen(m_theme.accent(), 2) : QPen(m_theme.cardBorder()));
    painter.setBrush(m_theme.card());
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kCardRadius, kCardRadius);
}

} // namespace ui
