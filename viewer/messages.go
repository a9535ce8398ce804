//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"time"
)

// message is a line of the message panel.
type message struct {
	at      time.Time
	text    string
	warning bool
}

// messages are what the user should know, the newest last.
type messages struct {
	list   []message
	unseen int       // warnings that came while the panel was closed
	events io.Writer // may be nil
	hidden bool      // no window shows them: tell gets the warnings
	tell   func(text string)
	log    logLines
}

// logLines are what the libraries below log, which is not for stderr.
type logLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text := strings.TrimSpace(string(b)); len(l.lines) < maxMessages {
		l.lines = append(l.lines, text)
	}
	return len(b), nil
}

// take returns the lines, and forgets them.
func (l *logLines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

// last is the newest line; "" where there is none.
func (l *logLines) last() string {
	if lines := l.take(); len(lines) > 0 {
		return lines[len(lines)-1]
	}
	return ""
}

const maxMessages = 500

func (m *messages) add(text string, warning bool) {
	if len(m.list) == maxMessages {
		m.list = m.list[1:]
	}
	m.list = append(m.list, message{time.Now(), text, warning})
	if warning {
		m.unseen++
		if m.hidden && m.tell != nil {
			m.tell(text)
		}
	}
	m.event("message", map[string]any{"text": text, "warning": warning})
}

// warn tells the user of something that is not as it should be.
func (a *app) warn(format string, args ...any) { a.messages.add(fmt.Sprintf(format, args...), true) }

// note tells the user of something.
func (a *app) note(format string, args ...any) { a.messages.add(fmt.Sprintf(format, args...), false) }

// event writes one line for programs that look on.
func (m *messages) event(name string, fields map[string]any) {
	if m.events == nil {
		return
	}
	fields = maps.Clone(fields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields["event"] = name
	_ = json.NewEncoder(m.events).Encode(fields) // nobody may be reading any more
}

func (a *app) event(name string, fields map[string]any) { a.messages.event(name, fields) }
