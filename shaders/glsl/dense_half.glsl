// A layer in half precision, two rays to a word: products and partial sums of {{.Chunk}} terms are in half, their totals,
// norm and activation in float32.{{if .Exact}} So is all of the first pass, which has the coordinates: half precision would move
// rays by thousandths of the scene.{{end}}

// put sets an input of the layer for {{.Own}}.
void put(int row, float v) {
    staged[row * RAYS + {{.Own}}] = v;
}
{{if .Derived}}
// moved sets it for the moves of the first pixel's ray.
void moved(int row, vec4 v) {
    int s = row * RAYS + 8 * ty + 4;
    staged[s] = v.x;
    staged[s + 1] = v.y;
    staged[s + 2] = v.z;
    staged[s + 3] = v.w;
}
{{end}}
// pack ends what put began.
void pack(int pass, int rows) {
    sync();
{{- if .Exact}}
    if (pass == 0) {
        return;
    }{{end}}
    for (int i = tx; i < rows * {{.Pairs}}; i += TX) {
        int row = i / {{.Pairs}}, pair = i % {{.Pairs}};
        int s = row * RAYS + ty * {{.Rays}} + 2 * pair;
        act[row * RAYS / {{.Rays}} + ty][pair] = packHalf2x16(vec2(staged[s], staged[s + 1]));
    }
    sync();
}

// get is an input of the layer for ray.
float get(int row) {
    return unpackHalf2x16(act[(row * RAYS + ray) / {{.Rays}}][ray / 2 % {{.Pairs}}])[ray % 2];
}

vec4 real(int i) {
    return uintBitsToFloat(weights[i]);
}

const int ROW = WIDTH / 8; // of weights

{{if .Exact}}// exact is multiply in float32.
int exact(int w, int rows) {
    for (int k = 0; k < rows; k++) {
        vec4 w0 = real(w + 2 * tx), w1 = real(w + 2 * tx + 1);
        int x = k * RAYS + ty * {{.Rays}};
{{- range $r := seq $.Rays}}
        a{{$r}}_0 += staged[x + {{$r}}] * w0; a{{$r}}_1 += staged[x + {{$r}}] * w1;{{end}}
        w += WIDTH / 4;
    }
    return w;
}

{{end}}// multiply adds the products of {{.Slab}}·n rows, from weights[w] on, to the registers. It returns where they end.
int multiply(int pass, int w, int rows) {
{{- if .Exact}}
    if (pass == 0) {
        return exact(w, rows);
    }{{end}}
    int x = ty;{{if .Staged}}{{range $i := seq .Loads}}
    uvec4 n{{$i}} = weights[w + id + {{$i}} * {{$.Threads}}];{{end}}{{end}}
    for (int first = 0; first < rows; first += {{.Chunk}}) {
{{- range $p := seq .Pairs}}
        f16vec2 {{range $j := seq 8}}{{if $j}}, {{end}}c{{$p}}_{{$j}} = f16vec2(0){{end}};{{end}}
        int end = min(first + {{.Chunk}}, rows);
        for (int k = first; k < end; k += {{.Slab}}) {
{{- if .Staged}}
            barrier();{{range $i := seq .Loads}}
            {{if $.Ragged}}if (id + {{$i}} * {{$.Threads}} < {{$.Slab}} * ROW) {{end}}slab[id + {{$i}} * {{$.Threads}}] = n{{$i}};{{end}}
            barrier();
            w += {{.Slab}} * ROW;{{range $i := seq .Loads}}
            n{{$i}} = weights[w + id + {{$i}} * {{$.Threads}}];{{end}}{{end}}
{{- range $u := seq .Slab}}
            {
                uvec4 u = {{if $.Staged}}slab[{{else}}weights[w + {{end}}tx + {{$u}} * ROW];
                {{$.ActVec}} v = act[x + {{$u}} * RAYS / {{$.Rays}}];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
{{- range $p := seq $.Pairs}}
                f16vec2 x{{$p}} = unpackFloat2x16(v.{{xyzw $p}});{{range $j := seq 8}}
                c{{$p}}_{{$j}} = fma(x{{$p}}, w{{div $j 2}}.{{pair $j}}, c{{$p}}_{{$j}});{{end}}{{end}}
            }{{end}}
            x += {{.Slab}} * RAYS / {{$.Rays}};{{if not .Staged}}
            w += {{.Slab}} * ROW;{{end}}
        }
{{- range $p := seq .Pairs}}
        a{{mul $p 2}}_0 += vec4(c{{$p}}_0.x, c{{$p}}_1.x, c{{$p}}_2.x, c{{$p}}_3.x);
        a{{mul $p 2}}_1 += vec4(c{{$p}}_4.x, c{{$p}}_5.x, c{{$p}}_6.x, c{{$p}}_7.x);
        a{{add (mul $p 2) 1}}_0 += vec4(c{{$p}}_0.y, c{{$p}}_1.y, c{{$p}}_2.y, c{{$p}}_3.y);
        a{{add (mul $p 2) 1}}_1 += vec4(c{{$p}}_4.y, c{{$p}}_5.y, c{{$p}}_6.y, c{{$p}}_7.y);{{end}}
    }
    return w;
}

// store makes the registers the inputs of the next layer.
void store() {
{{- range $j := seq 2}}{{range $c := seq 4}}
    act[(tx * 8 + {{add (mul $j 4) $c}}) * RAYS / {{$.Rays}} + ty] = {{$.ActVec}}({{range $p := seq $.Pairs}}{{if $p}}, {{end}}packHalf2x16(vec2(a{{mul $p 2}}_{{$j}}.{{xyzw $c}}, a{{add (mul $p 2) 1}}_{{$j}}.{{xyzw $c}})){{end}});{{end}}{{end}}
    sync();
}
