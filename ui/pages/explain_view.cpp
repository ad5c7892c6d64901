#include "ui/pages/explain_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/pages/trail_step.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {
namespace {

using Answer = backend::ExplainAnswer;

Tone toneOf(Answer answer)
{
    switch (answer) {
    case Answer::Delivered:
    case Answer::Pulled:
    case Answer::Rebuilt:
    case Answer::BelowFloor:
        return Tone::Ok;
    case Answer::UnderWay:
        return Tone::Warning;
    case Answer::Stuck:
    case Answer::Missing:
    case Answer::Extra:
        return Tone::Critical;
    case Answer::NotFollowed:
    case Answer::Deleted:
    case Answer::NoSuchPost:
        break;
    }
    return Tone::Normal;
}

// Steps follow each other within milliseconds.
QString preciseTime(backend::TimePoint time)
{
    return QStringLiteral("%1 %2").arg(shownTime(time).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz")),
                                       zoneName());
}

QString sentence(const std::string& text, const requests::Explained& answer)
{
    auto out = QString::fromStdString(text);
    for (const auto& [id, handle] : {std::pair(answer.explanation.author, answer.authorHandle),
                                     std::pair(answer.reader.id, answer.reader.handle)})
        if (id && !handle.empty())
            out.replace(QString::number(id.value), QStringLiteral("@") + QString::fromStdString(handle));
    if (!out.isEmpty()) out[0] = out[0].toUpper();
    if (!out.endsWith(u'.')) out += u'.';
    return out;
}

} // namespace

ExplainView::ExplainView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    build();
    connect(m_ask, &QPushButton::clicked, this, &ExplainView::ask);
    for (auto* field : {m_post, m_reader})
        connect(field, &QLineEdit::returnPressed, this, &ExplainView::ask);
    clear();
}

void ExplainView::build()
{
    const auto field = [this](const char* name, const QString& meaning, const QString& hint) {
        auto* out = new QLineEdit(this);
        out->setObjectName(QLatin1StringView(name));
        out->setAccessibleName(meaning);
        out->setPlaceholderText(hint);
        return out;
    };
    m_post = field("explainPost", tr("Post id"), tr("id of a post"));
    m_reader = field("explainReader", tr("Reader"), tr("handle or id"));
    m_ask = new QPushButton(tr("Explain"), this);
    m_ask->setObjectName(QStringLiteral("explainAsk"));
    auto* form = new QFormLayout;
    form->setVerticalSpacing(kSpacingTiny);
    form->addRow(new Label(m_theme, tr("Post"), FontRole::Body, Tone::Muted, this), m_post);
    auto* reader = new QHBoxLayout;
    reader->setSpacing(kSpacingSmall);
    reader->addWidget(m_reader, 1);
    reader->addWidget(m_ask);
    form->addRow(new Label(m_theme, tr("Reader"), FontRole::Body, Tone::Muted, this), reader);
    m_state = new StateView(m_theme, this);
    m_state->setObjectName(QStringLiteral("explainState"));
    m_state->setCompact(true);
    m_answer = new QWidget(this);
    m_verdict = new Label(m_theme, FontRole::Strong, Tone::Normal, m_answer);
    m_verdict->setObjectName(QStringLiteral("explainVerdict"));
    m_reason = new Label(m_theme, FontRole::Body, Tone::Normal, m_answer);
    m_reason->setObjectName(QStringLiteral("explainReason"));
    for (auto* label : {m_verdict, m_reason}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_trail = new QVBoxLayout;
    m_trail->setSpacing(0);
    auto* answer = new QVBoxLayout(m_answer);
    answer->setContentsMargins(0, kSpacingSmall, 0, 0);
    answer->addWidget(m_verdict);
    answer->addWidget(m_reason);
    answer->addSpacing(kSpacingSmall);
    answer->addLayout(m_trail);
    answer->addStretch(1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(form);
    layout->addWidget(m_state, 1);
    layout->addWidget(m_answer, 1);
}

void ExplainView::setState(StateView::Kind kind, const QString& title, const QString& text)
{
    m_answered.reset();
    m_state->show(kind, title, text);
    m_state->show();
    m_answer->hide();
}

void ExplainView::clear()
{
    m_call.cancel();
    m_asking = false;
    m_fresh = true;
    m_post->clear();
    m_reader->clear();
    setState(StateView::Kind::Empty, tr("Why is it there, or not?"),
             tr("Select a post, or enter the id of one and a reader."));
}

void ExplainView::setQuestion(backend::PostId post, const QString& reader)
{
    m_post->setText(QString::number(post.value));
    m_reader->setText(reader);
    m_fresh = false;
    if (isVisible()) ask();
}

backend::PostId ExplainView::post() const
{
    return backend::PostId{m_post->text().trimmed().toLongLong()};
}

QString ExplainView::verdict() const
{
    return m_answer->isHidden() ? QString() : m_verdict->text();
}

void ExplainView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!m_fresh) ask();
}

void ExplainView::refresh()
{
    if (post() && !m_reader->text().trimmed().isEmpty()) {
        m_fresh = false;
        if (isVisible()) ask();
    }
}

void ExplainView::ask()
{
    m_fresh = true;
    bool number = false;
    const auto id = m_post->text().trimmed().toLongLong(&number);
    const auto reader = m_reader->text().trimmed();
    if (!number || id <= 0) {
        setState(StateView::Kind::Failed, tr("Not an id"), tr("A post's id is a whole number above zero."));
        return;
    }
    if (reader.isEmpty()) {
        setState(StateView::Kind::Failed, tr("Whose home timeline?"), tr("Enter a reader by handle or id."));
        return;
    }
    m_asking = true;
    if (m_answer->isHidden()) setState(StateView::Kind::Loading, tr("Looking"), tr("Esc cancels."));
    // Whoever holds the down key asks for one post after the other: the newest is answered.
    m_call.cancel();
    m_call = m_bridge.callInTurn(
        this, "explain",
        [id, reader = reader.toStdString()](backend::Engine& engine) {
            return requests::explain(engine, backend::PostId{id}, reader);
        },
        [this](backend::Result<requests::Explained> answer) { take(std::move(answer)); });
}

bool ExplainView::cancel()
{
    if (!m_asking) return false;
    m_call.cancel();
    m_asking = false;
    setState(StateView::Kind::Empty, tr("Cancelled"), tr("“Explain” asks again."));
    return true;
}

void ExplainView::take(backend::Result<requests::Explained> answer)
{
    m_asking = false;
    if (!answer) {
        const bool unknown = answer.error().code == backend::ErrorCode::NotFound;
        setState(unknown ? StateView::Kind::Empty : StateView::Kind::Failed,
                 unknown ? tr("No such reader") : tr("It could not be explained"),
                 QString::fromStdString(answer.error().message));
        return;
    }
    m_answered = std::move(*answer);
    showAnswer(*m_answered);
}

void ExplainView::timesChanged()
{
    if (m_answered) showTrail(*m_answered);
}

void ExplainView::showAnswer(const requests::Explained& answer)
{
    const auto& explanation = answer.explanation;
    const auto name = QStringLiteral("@") + QString::fromStdString(answer.reader.handle);
    const auto said = explanation.shown ? tr("%1 sees post %2: %3.") : tr("%1 does not see post %2: %3.");
    auto words = QString::fromStdString(std::string(backend::toString(explanation.answer)));
    m_verdict->setText(said.arg(name).arg(explanation.post.value).arg(words.replace(u'_', u' ')));
    m_verdict->setTone(toneOf(explanation.answer));
    m_reason->setText(sentence(explanation.reason, answer));
    showTrail(answer);
    m_state->hide();
    m_answer->show();
}

void ExplainView::clearTrail()
{
    while (auto* item = m_trail->takeAt(0)) {
        if (auto* step = item->widget()) {
            step->hide();
            step->setParent(nullptr);
            step->deleteLater();
        }
        delete item;
    }
}

void ExplainView::showTrail(const requests::Explained& answer)
{
    clearTrail();
    const auto& explanation = answer.explanation;
    const auto count = explanation.trail.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& step = explanation.trail[i];
        const auto place = count == 1       ? TrailStep::Place::Only
                           : i == 0         ? TrailStep::Place::First
                           : i + 1 == count ? TrailStep::Place::Last
                                            : TrailStep::Place::Middle;
        m_trail->addWidget(new TrailStep(m_theme, place, step.at ? preciseTime(*step.at) : QString(),
                                         sentence(step.what, answer), m_answer));
    }
}

} // namespace ui
