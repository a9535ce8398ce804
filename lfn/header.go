package lfn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// header is what a file has that this version does not know, so that it is kept: keys of the JSON that describes a model or a
// prior, and what the file's metadata has beside that.
type header struct {
	unknown  map[string]json.RawMessage
	metadata map[string]string
}

// read reads the JSON under that key of the metadata: one object, whose keys are those of fields, whose values go to where
// these point, and others; those that are optional may be missing. newest is the last version that is known. Then it calls
// check.
func (h *header) read(file *safetensors, key string, newest int, fields map[string]any, optional []string, check func() error) error {
	text := file.metadata[key]
	h.metadata = file.metadata
	delete(h.metadata, key)
	var err error
	if h.unknown, err = parseFields(text, newest, fields, optional); err == nil {
		err = check()
	}
	if err != nil {
		return formatErrorf(lenSize, "%s %s: %v", metadataKey, key, err)
	}
	return nil
}

// write writes a file whose JSON has the fields and this version.
func (h *header) write(w io.Writer, key string, version int, fields map[string]any, parts []part) error {
	fields["version"] = version
	for unknown, value := range h.unknown {
		fields[unknown] = value
	}
	text, err := json.Marshal(fields) // keys sorted
	if err != nil {
		return err
	}
	metadata := map[string]string{}
	maps.Copy(metadata, h.metadata)
	metadata[key] = string(text)
	return writeSafetensors(w, metadata, parts)
}

// parseFields reads a JSON object. Only optional keys may be missing; those that fields does not have are returned. What is
// under "network" or "hyper" may not have unknown keys: what a reader does not know of a network, it cannot evaluate.
func parseFields(text string, newest int, fields map[string]any, optional []string) (unknown map[string]json.RawMessage, err error) {
	entries, err := parseObject([]byte(text))
	if err != nil {
		return nil, err
	}
	var version int
	if err := json.Unmarshal(entries["version"], &version); err != nil || version < 1 {
		return nil, fmt.Errorf("version is missing or not a number, want %d", newest)
	}
	if version > newest {
		return nil, fmt.Errorf("version is %d, made by a newer lfnview: this one reads up to %d", version, newest)
	}
	delete(entries, "version")
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, ok := entries[key]
		if !ok && !slices.Contains(optional, key) {
			return nil, fmt.Errorf("%s is missing", key)
		}
		delete(entries, key)
		if !ok {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(value))
		if key == "network" || key == "hyper" {
			d.DisallowUnknownFields()
		}
		if err := d.Decode(fields[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return entries, nil
}
