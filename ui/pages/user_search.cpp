#include "ui/pages/user_search.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"

#include <QAbstractItemView>
#include <QCompleter>

#include <chrono>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kTypingPause{150};
constexpr int kMostSuggestions = 12;

} // namespace

UserSearch::UserSearch(EngineBridge& bridge, QWidget* parent)
    : QLineEdit(parent)
    , m_bridge(bridge)
    , m_model(makeUserSuggestions(this))
    , m_completer(new QCompleter(m_model, this))
{
    setPlaceholderText(tr("Find a user by handle or id"));
    setAccessibleName(tr("Find a user by handle or id"));
    setClearButtonEnabled(true);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->setWidget(this); // not setCompleter: it would write "@handle · Name" into the field
    m_completer->popup()->setObjectName(QStringLiteral("userSuggestions"));
    m_pause.setSingleShot(true);
    m_pause.setInterval(kTypingPause);
    connect(&m_pause, &QTimer::timeout, this, &UserSearch::suggest);
    connect(this, &QLineEdit::textEdited, this, [this] {
        m_call.cancel();
        m_pause.start();
    });
    connect(this, &QLineEdit::returnPressed, this, [this] { choose(text().trimmed()); });
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::activated), this,
            [this](const QModelIndex& index) {
                const auto row = std::size_t(index.row());
                if (row < m_model->rows().size()) choose(QString::fromStdString(m_model->rows()[row].handle));
            });
}

void UserSearch::suggest()
{
    const auto prefix = text().trimmed().remove(u'@').toLower().toStdString();
    if (prefix.empty()) {
        m_completer->popup()->hide();
        return;
    }
    m_call.cancel();
    m_call = m_bridge.call(
        this,
        [prefix](backend::Engine& engine) { return requests::searchUsers(engine, prefix, kMostSuggestions); },
        [this](backend::Result<std::vector<backend::User>> users) {
            emit suggestionsFailed(users ? QString() : QString::fromStdString(users.error().message));
            take(users ? std::move(*users) : std::vector<backend::User>());
        });
}

void UserSearch::take(std::vector<backend::User> users)
{
    m_model->setRows(std::move(users));
    if (m_model->rowCount() == 0 || !hasFocus())
        m_completer->popup()->hide();
    else
        m_completer->complete();
}

void UserSearch::choose(const QString& handleOrId)
{
    m_call.cancel();
    m_pause.stop();
    m_completer->popup()->hide();
    if (handleOrId.isEmpty()) return;
    setText(handleOrId);
    emit userChosen(handleOrId);
}

} // namespace ui
