// A calm surface with a title row and a body. Owned by its parent; GUI thread only.
#pragma once

#include <QFrame>
#include <QPointer>
#include <QStringList>

#include "ui/theme/theme.h"

#include <vector>

class QHBoxLayout;
class QToolButton;
class QVBoxLayout;

namespace ui {

class Exporter;
class Label;
class SubtitleLabel;

class Card : public QFrame
{
    Q_OBJECT

public:
    // No title row while title, subtitle and tools are all empty.
    Card(const Theme& theme, const QString& title, QWidget* parent);

    void setTitle(const QString& title);
    QString title() const;
    bool titleFits() const; // it is seen whole
    // At the right, in what room the title leaves: where there is too little, in one of the shorter forms.
    void setSubtitle(const QString& subtitle, Tone tone = Tone::Muted, const QStringList& shorter = {});
    QString shownSubtitle() const;
    void addTool(QWidget* tool); // right of the subtitle: a small button or a box
    // What stands in this card can be exported by a small button in its head, if it has a title.
    void offerExport(Exporter& exporter);
    // Where the content goes; margins are set.
    QVBoxLayout* body() const { return m_body; }

protected:
    void paintEvent(QPaintEvent* event) override;
    const Theme& theme() const { return m_theme; }

private:
    void updateHead();
    void fitHead();
    void buildExportButton();
    void showExportMenu();

    const Theme& m_theme;
    QWidget* m_head = nullptr;
    QHBoxLayout* m_headRow = nullptr;
    Label* m_title = nullptr;
    SubtitleLabel* m_subtitle = nullptr;
    QToolButton* m_export = nullptr; // from the first offer on
    std::vector<QPointer<Exporter>> m_exporters;
    bool m_hasTools = false;
    QVBoxLayout* m_body = nullptr;
};

} // namespace ui
