#include "ui/widgets/segments.h"

#include <QHBoxLayout>
#include <QToolButton>

namespace ui {

Segments::Segments(const QString& name, const std::vector<Choice>& choices, QWidget* parent)
    : QWidget(parent)
{
    setAccessibleName(name);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->setSpacing(0);
    for (std::size_t i = 0; i < choices.size(); ++i) {
        auto* button = new QToolButton(this);
        button->setObjectName(QLatin1String(choices[i].name));
        button->setText(choices[i].text);
        button->setToolTip(choices[i].toolTip);
        button->setAccessibleName(QStringLiteral("%1: %2").arg(name, choices[i].text));
        button->setAccessibleDescription(choices[i].toolTip);
        button->setCheckable(true);
        button->setAutoExclusive(true);
        button->setFocusPolicy(Qt::StrongFocus);
        const bool first = i == 0, last = i + 1 == choices.size();
        button->setProperty("segment", first ? "first" : last ? "last" : "middle");
        connect(button, &QToolButton::toggled, this, [this, i](bool on) {
            if (!on || int(i) == m_current) return;
            m_current = int(i);
            emit currentChanged(m_current);
        });
        row->addWidget(button);
        m_buttons.push_back(button);
    }
    if (!m_buttons.empty()) m_buttons.front()->setChecked(true);
}

void Segments::setCurrent(int index)
{
    if (index >= 0 && index < int(m_buttons.size())) m_buttons[std::size_t(index)]->setChecked(true);
}

} // namespace ui
