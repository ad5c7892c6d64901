#include "ui/pages/start_page.h"

#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/label.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>
#include <memory>

namespace ui {
namespace {

constexpr int kFaceWidth = 520;
constexpr int kLogoPixels = 56;
constexpr int kOptionIconPixels = 24;
constexpr int kMostRecent = 5;
constexpr int kProgressSteps = 1000;

const QString kRecentKey = QStringLiteral("start/recent");

} // namespace

StartPage::StartPage(const Theme& theme, EngineBridge& bridge, QSettings& settings, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
    , m_settings(settings)
{
    setObjectName(QStringLiteral("startPage"));
    m_faces = new QStackedWidget(this);
    m_faces->addWidget(buildChoice());
    m_faces->addWidget(buildOpening());
    m_faces->addWidget(buildFailed());
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_faces);
    fillRecent();
    connect(&bridge, &EngineBridge::stateChanged, this, &StartPage::showState);
    connect(&bridge, &EngineBridge::progressChanged, this, &StartPage::showProgress);
    showState(bridge.state());
}

// A card in the middle, under the program's mark.
QWidget* StartPage::buildFace(const QString& title, QVBoxLayout*& body)
{
    auto* face = new QWidget(this);
    auto* logo = new QLabel(face);
    logo->setPixmap(QIcon(QStringLiteral(":/icons/rookery.svg")).pixmap(kLogoPixels, kLogoPixels));
    logo->setAlignment(Qt::AlignHCenter);
    auto* name = new Label(m_theme, title, FontRole::Title, Tone::Normal, face);
    name->setAlignment(Qt::AlignHCenter);
    auto* card = new Card(m_theme, {}, face);
    card->setFixedWidth(kFaceWidth);
    card->body()->setContentsMargins(kSpacingSmall, kSpacingSmall, kSpacingSmall, kSpacingSmall);
    card->body()->setSpacing(kSpacingMedium);
    body = card->body();
    auto* layout = new QVBoxLayout(face);
    layout->setSpacing(kSpacingMedium);
    layout->addStretch(2);
    layout->addWidget(logo);
    layout->addWidget(name);
    layout->addSpacing(kSpacingTiny);
    layout->addWidget(card, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    return face;
}

QPushButton* StartPage::addOption(QVBoxLayout* body, const char* name, const QString& icon,
                                  const QString& title, const QString& explanation)
{
    auto* button = new QPushButton(title, this);
    button->setObjectName(QLatin1StringView(name));
    button->setIconSize({kOptionIconPixels, kOptionIconPixels});
    const auto paint = [this, button, icon] { button->setIcon(m_theme.icon(icon, Tone::Accent)); };
    connect(&m_theme, &Theme::changed, button, paint);
    paint();
    auto* words = new Label(m_theme, explanation, FontRole::Small, Tone::Muted, this);
    words->setWordWrap(true);
    button->setAccessibleDescription(explanation);
    body->addWidget(button);
    body->addWidget(words);
    return button;
}

QWidget* StartPage::buildChoice()
{
    QVBoxLayout* body = nullptr;
    auto* face = buildFace(tr("Rookery"), body);
    m_demo =
        addOption(body, "startDemo", QStringLiteral("demo"), tr("Start the &demo"),
                  tr("A private backend on this machine: real PostgreSQL and Redis servers with a synthetic "
                     "follow graph and traffic. It is removed when the window closes."));
    auto* connectButton =
        addOption(body, "startConnect", QStringLiteral("connect"), tr("&Connect to a cluster…"),
                  tr("Open the cluster.toml of a running cluster. \"rookeryctl demo\" writes one, too."));
    connect(m_demo, &QPushButton::clicked, this, [this] { emit chosen({SessionChoice::Kind::Demo, {}}); });
    connect(connectButton, &QPushButton::clicked, this, &StartPage::chooseFile);
    m_recent = new QVBoxLayout;
    m_recent->setSpacing(kSpacingTiny);
    body->addLayout(m_recent);
    return face;
}

QWidget* StartPage::buildOpening()
{
    QVBoxLayout* body = nullptr;
    auto* face = buildFace(tr("Opening"), body);
    m_step = new Label(m_theme, FontRole::Body, Tone::Normal, face);
    m_step->setObjectName(QStringLiteral("openingStep"));
    m_step->setWordWrap(true);
    m_progress = new QProgressBar(face);
    m_progress->setObjectName(QStringLiteral("openingProgress"));
    m_progress->setAccessibleName(tr("Progress of opening"));
    m_progress->setRange(0, kProgressSteps);
    m_progress->setTextVisible(false);
    auto* cancel = new QPushButton(tr("&Cancel"), face);
    cancel->setObjectName(QStringLiteral("cancelOpening"));
    cancel->setToolTip(tr("Esc"));
    connect(cancel, &QPushButton::clicked, &m_bridge, &EngineBridge::close);
    // Works while this face is shown, whatever has the focus.
    connect(new QShortcut(QKeySequence(Qt::Key_Escape), face), &QShortcut::activated, &m_bridge,
            &EngineBridge::close);
    body->addWidget(m_step);
    body->addWidget(m_progress);
    body->addWidget(cancel, 0, Qt::AlignRight);
    return face;
}

QWidget* StartPage::buildFailed()
{
    QVBoxLayout* body = nullptr;
    auto* face = buildFace(tr("This could not be opened"), body);
    m_error = new Label(m_theme, FontRole::Body, Tone::Normal, face);
    m_error->setObjectName(QStringLiteral("openingError"));
    m_error->setWordWrap(true);
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_retry = new QPushButton(tr("&Retry"), face);
    m_retry->setObjectName(QStringLiteral("retryOpening"));
    m_retry->setDefault(true);
    auto* back = new QPushButton(tr("&Back"), face);
    back->setObjectName(QStringLiteral("backToStart"));
    connect(m_retry, &QPushButton::clicked, &m_bridge, &EngineBridge::reopen);
    connect(back, &QPushButton::clicked, &m_bridge, &EngineBridge::close);
    body->addWidget(m_error);
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(back);
    row->addWidget(m_retry);
    body->addLayout(row);
    return face;
}

void StartPage::showState(EngineBridge::State state)
{
    switch (state) {
    case EngineBridge::State::Closed:
        m_faces->setCurrentIndex(ChoiceFace);
        m_demo->setFocus();
        break;
    case EngineBridge::State::Opening:
        showProgress(m_bridge.progressStep(), m_bridge.progressFraction());
        m_faces->setCurrentIndex(OpeningFace);
        break;
    case EngineBridge::State::Failed:
        m_error->setText(m_bridge.errorText());
        m_faces->setCurrentIndex(FailedFace);
        m_retry->setFocus();
        break;
    case EngineBridge::State::Open:
        break;
    }
}

void StartPage::showProgress(const QString& step, double fraction)
{
    m_step->setText(tr("%1…").arg(step));
    m_progress->setValue(int(std::lround(fraction * kProgressSteps)));
}

void StartPage::addRecent(const QString& configFile)
{
    auto recent = m_settings.value(kRecentKey).toStringList();
    const auto path = QFileInfo(configFile).absoluteFilePath();
    recent.removeAll(path);
    recent.prepend(path);
    m_settings.setValue(kRecentKey, recent.mid(0, kMostRecent));
    fillRecent();
}

void StartPage::fillRecent()
{
    // Later: one of them may be the button whose click brought us here.
    while (const auto item = std::unique_ptr<QLayoutItem>(m_recent->takeAt(0))) {
        item->widget()->hide();
        item->widget()->deleteLater();
    }
    const auto recent = m_settings.value(kRecentKey).toStringList();
    if (recent.isEmpty()) return;
    m_recent->addWidget(new Label(m_theme, tr("Recent clusters"), FontRole::Strong, Tone::Muted, this));
    for (qsizetype i = 0; i < recent.size(); ++i) {
        auto* button = new QPushButton(this);
        button->setObjectName(QStringLiteral("recent%1").arg(i));
        button->setText(fontMetrics().elidedText(recent[i], Qt::ElideMiddle, kFaceWidth - 6 * kSpacingLarge));
        button->setAccessibleName(tr("Connect to %1").arg(recent[i]));
        button->setToolTip(recent[i]);
        connect(button, &QPushButton::clicked, this, [this, path = recent[i]] {
            emit chosen({SessionChoice::Kind::Connect, path});
        });
        m_recent->addWidget(button);
    }
}

void StartPage::chooseFile()
{
    const auto path = QFileDialog::getOpenFileName(this, tr("Connect to a cluster"), {},
                                                   tr("Cluster configuration (*.toml);;All files (*)"));
    if (!path.isEmpty()) emit chosen({SessionChoice::Kind::Connect, path});
}

} // namespace ui
