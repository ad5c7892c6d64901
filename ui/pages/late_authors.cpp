#include "ui/pages/late_authors.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kMostAuthors = 5;

} // namespace

LateAuthors::LateAuthors(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
    , m_title(new Label(theme, FontRole::Small, Tone::Muted, this))
    , m_row(new QHBoxLayout)
{
    setObjectName(QStringLiteral("lateAuthors"));
    m_title->setText(tr("Posted last"));
    m_title->setAlignment(Qt::AlignHCenter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpacingLarge, 0, 0);
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(m_title);
    layout->addLayout(m_row);
    m_row->setSpacing(kSpacingSmall);
    hide();
}

void LateAuthors::load()
{
    m_call.cancel(); // one at a time, however often the page is shown while nobody answers
    m_call = m_bridge.callInTurn(
        this, "late authors",
        [](backend::Engine& engine) { return requests::lateAuthors(engine, kMostAuthors); },
        [this](const backend::Result<std::vector<std::string>>& handles) { take(handles); });
}

// A failure is said by whatever else the page reads; here is then simply nothing to choose.
void LateAuthors::take(const backend::Result<std::vector<std::string>>& handles)
{
    m_handles.clear();
    while (auto* item = m_row->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    m_row->addStretch(1);
    for (const auto& each : handles ? *handles : std::vector<std::string>()) {
        const auto handle = QString::fromStdString(each);
        m_handles << handle;
        auto* button = new QPushButton(QStringLiteral("@") + handle, this);
        button->setObjectName(QStringLiteral("lateAuthor"));
        button->setToolTip(tr("Show what @%1 sees").arg(handle));
        connect(button, &QPushButton::clicked, this, [this, handle] { emit chosen(handle); });
        m_row->addWidget(button);
    }
    m_row->addStretch(1);
    setVisible(!m_handles.isEmpty());
    emit loaded();
}

} // namespace ui
