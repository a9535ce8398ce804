package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A FormatError says what is wrong in a file of a data set that describes its cameras.
type FormatError struct {
	File string // name of the file
	Key  string // the key, such as frames[3].transform_matrix, or line 12, fx; empty where it is the file as a whole
	Msg  string // the value that is wrong and what would be right
}

func (e *FormatError) Error() string {
	if e.Key == "" {
		return e.File + ": " + e.Msg
	}
	return e.File + ": " + e.Key + ": " + e.Msg
}

var lastKey = regexp.MustCompile(`"([A-Za-z0-9_.-]{1,60})"\s*:[^:"]*$`)

// jsonError says where in data the JSON is broken, and near which key. Data may be nil where the offset
// would be that of a part.
func jsonError(file, key string, data []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && data != nil:
		off := min(max(int(syntax.Offset)-1, 0), len(data))
		if m := lastKey.FindSubmatch(data[max(0, off-500):off]); m != nil {
			key = string(m[1])
		}
		at := fmt.Sprintf("line %d: ", 1+bytes.Count(data[:off], []byte("\n")))
		rest := data[off:]
		switch {
		case int(syntax.Offset) >= len(data) && strings.HasPrefix(syntax.Error(), "unexpected end"):
			return &FormatError{file, key, fmt.Sprintf("the file is cut off after %d bytes: copy it again", len(data))}
		case bytes.HasPrefix(rest, []byte("NaN")), bytes.HasPrefix(rest, []byte("Infinity")),
			bytes.HasPrefix(rest, []byte("nan")), bytes.HasPrefix(rest, []byte("inf")),
			bytes.HasSuffix(data[:off], []byte("-")) && bytes.HasPrefix(rest, []byte("I")):
			word := rest[:min(len(rest), 3)]
			return &FormatError{file, key, fmt.Sprintf("%shas %s, want a finite number", at, word)}
		}
		return &FormatError{file, key, at + syntax.Error()}
	case errors.As(err, &typ):
		if typ.Field != "" {
			key = strings.TrimPrefix(key+"."+strings.TrimPrefix(typ.Field, "lens."), ".")
		}
		if n, ok := strings.CutPrefix(typ.Value, "number "); ok {
			return &FormatError{file, key, fmt.Sprintf("is %.40s, want a number that float64 can hold", n)}
		}
		return &FormatError{file, key, fmt.Sprintf("is a JSON %s, want %s", typ.Value, typeName(typ.Type.Kind().String()))}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{file, key, "the file is cut off"}
	}
	return &FormatError{file, key, err.Error()}
}

// typeName says in words what JSON should have been there.
func typeName(kind string) string {
	switch kind {
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "struct":
		return "an object"
	}
	return "a " + kind
}
