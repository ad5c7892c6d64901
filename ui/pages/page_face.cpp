#include "ui/pages/page_face.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/widgets/state_view.h"

#include <QScrollArea>

namespace ui {
namespace {

QWidget* scrolled(QWidget* content, int leastHeight, QWidget* page)
{
    auto* scroll = new QScrollArea(page);
    scroll->setObjectName(QStringLiteral("pageScroll"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus); // what has the focus is scrolled to
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    content->setMinimumSize(1, leastHeight); // as wide as there is room: parts elide or scroll for themselves
    scroll->setWidget(content);
    for (auto* each : {content, scroll->viewport()})
        each->setAutoFillBackground(false); // the window's shows
    return scroll;
}

} // namespace

PageFace::PageFace(const PageContext& context, QWidget* page, QWidget* content, int leastHeight)
    : QStackedLayout(page)
    , m_context(context)
    , m_state(new StateView(context.theme, page))
    , m_content(scrolled(content, leastHeight, page))
{
    m_state->setObjectName(QStringLiteral("pageState"));
    addWidget(m_state);
    addWidget(m_content);
    connect(m_state, &StateView::actionTriggered, this, [this] {
        if (m_context.bridge.canReopen()) m_context.bridge.reopen();
    });
    const auto follow = [this] {
        if (m_context.bridge.state() != EngineBridge::State::Open) show(nullptr);
    };
    connect(&context.bridge, &EngineBridge::stateChanged, this, follow);
    connect(&context.bridge, &EngineBridge::progressChanged, this, follow);
    show(nullptr);
}

bool PageFace::show(const backend::SnapshotPtr& snapshot)
{
    const auto& bridge = m_context.bridge;
    const auto again = bridge.canReopen() ? tr("Connect again") : QString();
    if (bridge.state() == EngineBridge::State::Open && snapshot) {
        setCurrentWidget(m_content);
        return true;
    }
    switch (bridge.state()) {
    case EngineBridge::State::Opening:
        m_state->show(StateView::Kind::Loading, tr("Connecting"), bridge.progressStep());
        break;
    case EngineBridge::State::Failed:
        m_state->show(StateView::Kind::Failed, tr("The cluster could not be opened"), bridge.errorText(),
                      again);
        break;
    case EngineBridge::State::Closed:
        m_state->show(StateView::Kind::Disconnected, tr("Not connected"),
                      tr("Start the demo or connect to a cluster to see it here."), again);
        break;
    case EngineBridge::State::Open:
        m_state->show(StateView::Kind::Loading, tr("Waiting for the first figures"),
                      tr("The engine takes a snapshot about once a second."));
        break;
    }
    setCurrentWidget(m_state);
    return false;
}

} // namespace ui
