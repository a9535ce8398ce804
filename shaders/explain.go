package shaders

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// place is how compilers name a line: 0(12) of NVIDIA, 0:12 of Mesa, AMD and Intel.
var place = regexp.MustCompile(`\b0[:(](\d+)`)

// Explain puts the lines that a compiler's log names beside it, numbered, with the piece that they are of. Where there
// are errors it leaves warnings out.
func (s *Shader) Explain(log string) string {
	var b strings.Builder
	if strings.Contains(log, "error") {
		var errs []string
		for line := range strings.Lines(log) {
			if !strings.Contains(line, "warning") {
				errs = append(errs, line)
			}
		}
		log = strings.Join(errs, "")
	}
	b.WriteString(strings.TrimSpace(log))
	seen := map[string]bool{}
	for _, m := range place.FindAllStringSubmatch(log, -1) {
		n, err := strconv.Atoi(m[1])
		piece, line := n/lineStride, n%lineStride
		if err != nil || piece >= len(s.Pieces) || seen[m[1]] {
			continue
		}
		seen[m[1]] = true
		lines := strings.Split(s.Pieces[piece].Text, "\n")
		if line < 1 || line > len(lines) {
			continue
		}
		for i := max(line-2, 1); i <= min(line+1, len(lines)); i++ {
			fmt.Fprintf(&b, "\n%s:%d: %s", s.Pieces[piece].Name, i, strings.TrimRight(lines[i-1], " "))
		}
	}
	return b.String()
}
