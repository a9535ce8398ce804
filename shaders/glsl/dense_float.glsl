// A layer in float32.

// put sets an input of the layer for {{.Own}}.
void put(int row, float v) {
    act[(row * RAYS + {{.Own}}) / 4][{{.Own}} % 4] = v;
}
{{if .Derived}}
// moved sets it for the moves of the first pixel's ray.
void moved(int row, vec4 v) {
    act[row * RAYS / 4 + 2 * ty + 1] = v;
}
{{end}}
// get is an input of the layer for ray.
float get(int row) {
    return act[(row * RAYS + ray) / 4][ray % 4];
}

// pack ends what put began.
void pack(int pass, int rows) {
    sync();
}

vec4 real(int i) {
    return weights[i];
}

const int ROW = WIDTH / 4; // of weights

// multiply adds the products of {{.Slab}}·n rows, from weights[w] on, to the registers. It returns where they end.
int multiply(int pass, int w, int rows) {
    int x = ty * {{.RayVecs}};{{if .Staged}}{{range $i := seq .Loads}}
    vec4 n{{$i}} = weights[w + id + {{$i}} * {{$.Threads}}];{{end}}{{end}}
    for (int k = 0; k < rows; k += {{.Slab}}) {
{{- if .Staged}}
        barrier();{{range $i := seq .Loads}}
        {{if $.Ragged}}if (id + {{$i}} * {{$.Threads}} < {{$.Slab}} * ROW) {{end}}slab[id + {{$i}} * {{$.Threads}}] = n{{$i}};{{end}}
        barrier();
        w += {{.Slab}} * ROW;{{range $i := seq .Loads}}
        n{{$i}} = weights[w + id + {{$i}} * {{$.Threads}}];{{end}}{{end}}
{{- range $u := seq .Slab}}
        { {{- range $j := seq $.OutVecs}}
            vec4 w{{$j}} = {{if $.Staged}}slab[{{else}}weights[w + {{end}}tx + {{$u}} * ROW + {{$j}} * TX];{{end}}
{{- range $q := seq $.RayVecs}}
            vec4 x{{$q}} = act[x + {{$u}} * RAYS / 4 + {{$q}}];{{end}}
{{- range $r := seq $.Rays}}
            a{{$r}}_0 += x{{div $r 4}}.{{xyzw $r}} * w0;{{if eq $.Outs 8}} a{{$r}}_1 += x{{div $r 4}}.{{xyzw $r}} * w1;{{end}}{{end}}
        }{{end}}
        x += {{.Slab}} * RAYS / 4;{{if not .Staged}}
        w += {{.Slab}} * ROW;{{end}}
    }
    return w;
}

// store makes the registers the inputs of the next layer.
void store() {
{{- range $j := seq .OutVecs}}{{range $c := seq 4}}{{range $q := seq $.RayVecs}}
    act[(({{$j}} * TX + tx) * 4 + {{$c}}) * RAYS / 4 + ty * {{$.RayVecs}} + {{$q}}] = vec4({{range $i := seq 4}}{{if $i}}, {{end}}a{{add (mul $q 4) $i}}_{{$j}}.{{xyzw $c}}{{end}});{{end}}{{end}}{{end}}
    sync();
}
