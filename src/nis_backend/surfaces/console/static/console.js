import{$ as pt,A as be,Aa as $t,B as tt,Ba as V,C as st,Ca as y,Da as ce,E as v,Ea as R,F as rt,Fa as S,G as j,Ga as ue,H as ie,Ha as K,I as at,K as it,L as nt,M as ot,N as $e,O as ye,P as W,Q as T,R as C,S as lt,T as A,U as X,V as ne,W as dt,X as L,Y as we,Z as ct,_ as ut,a,aa as ht,b as se,ba as oe,c as l,ca as mt,da as b,ea as gt,fa as ft,g as _,ga as ke,h as P,ha as Te,i as Y,ia as F,j as O,ja as vt,k as Qe,ka as p,l as re,la as xe,m as u,ma as bt,n as M,na as B,o as w,oa as g,p as E,pa as f,q as Xe,qa as Z,r as k,ra as I,s as N,sa as G,t as Ze,ta as h,u as z,ua as D,v as ve,va as $,w as ae,wa as le,x as et,xa as U,y as q,ya as de,z as Q}from"./chunk.js";var yt=8,Ht="image/png,image/jpeg,image/gif,image/webp,image/tiff,image/bmp,image/avif,audio/*,text/plain,text/markdown,text/csv,text/html,application/json,application/pdf,.pdf,.docx,.xlsx,.pptx,.md,.eml",Re=class extends v{constructor(){super();this.model="";this.input=_();this.chooser=_();this.addresses=new Map;[this.busy,this.below,this.models,this.files,this.over]=[!1,!1,null,[],!1],this.beside=l}static{this.properties={busy:{type:Boolean},below:{type:Boolean},models:{attribute:!1},beside:{attribute:!1},files:{state:!0},over:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.files.forEach(e=>this.release(e))}focus(){this.input.value?.focus()}give(e,t){this.input.value.value||(this.input.value.value=e),this.add(t)}add(e){this.files=[...this.files,...e].slice(0,yt)}leave(e){this.files=this.files.filter(t=>t!==e),this.release(e),this.focus()}release(e){let t=this.addresses.get(e);t&&URL.revokeObjectURL(t),this.addresses.delete(e)}address(e){return this.addresses.has(e)||this.addresses.set(e,URL.createObjectURL(e)),this.addresses.get(e)}send(e){e.preventDefault();let t=this.input.value,r={message:t.value.trim(),files:this.files};this.busy||!(r.message||r.files.length)||(t.value="",this.files=[],r.files.forEach(i=>this.release(i)),this.dispatchEvent(new CustomEvent("say",{detail:r})))}paste(e){let t=[...e.clipboardData?.files??[]];t.length&&(e.preventDefault(),this.add(t))}hold(e){e.dataTransfer?.types.includes("Files")&&(e.preventDefault(),this.over=!0)}drop(e){this.over=!1,e.dataTransfer?.files.length&&(e.preventDefault(),this.add(e.dataTransfer.files),this.focus())}render(){return a`<form class="composer" @submit=${e=>this.send(e)}>
      ${this.below?a`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${p("arrow")}
          </button>`:l}
      <div
        class="box ${this.over?"over":""}"
        @dragover=${e=>this.hold(e)} @dragleave=${()=>this.over=!1} @drop=${e=>this.drop(e)}
      >
        ${this.files.length?a`<ul class="files" aria-label="Attached">${this.files.map(e=>this.preview(e))}</ul>`:l}
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${P(this.input)}
          @paste=${e=>this.paste(e)}
          @keydown=${e=>{e.key==="Enter"&&!e.shiftKey&&!e.isComposing&&this.send(e)}}
        ></textarea>
        ${this.attach()} ${this.modelLine()} ${this.beside}
        ${this.busy?a`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>this.dispatchEvent(new Event("stop"))}>
              ${p("stop")}
            </button>`:a`<button class="round primary" aria-label="Send" title="Send">${p("send")}</button>`}
      </div>
    </form>`}preview(e){return a`<li>
      ${e.type.startsWith("image/")?a`<img src=${this.address(e)} alt="" />`:l}
      <span>${e.name} <span class="note">${it(e.size)}</span></span>
      <button type="button" class="ghost" aria-label=${`Remove ${e.name}`} title="Remove" @click=${()=>this.leave(e)}>${p("close")}</button>
    </li>`}attach(){return a`<button
        type="button" class="ghost attach" aria-label="Attach a picture, a sound or a document" title="Attach"
        ?disabled=${this.files.length>=yt} @click=${()=>this.chooser.value.click()}
      >
        ${p("plus")}
      </button>
      <input
        type="file" class="hidden" id="files" aria-label="Files to attach" tabindex="-1" multiple accept=${Ht} ${P(this.chooser)}
        @change=${e=>{let t=e.target;this.add(t.files??[]),t.value="",this.focus()}}
      />`}modelLine(){let e=this.models?.models??[],t=r=>`${r.provider} · ${r.name}${r.demonstration?" (demonstration model)":""}`;return e.length<2?a`<p class="model">${e[0]?t(e[0]):l}</p>`:a`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${r=>this.model=r.target.value}>
        <option value="">Model as set up</option>
        ${e.map(r=>a`<option value=${r.id}>${t(r)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-composer",Re);var kt=new EventTarget,pe=()=>{kt.dispatchEvent(new Event("change"))},wt=30,Nt=8,Ee=class extends v{static{this.properties={lines:{state:!0},query:{state:!0},hits:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.hits=null,this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}connectedCallback(){super.connectedCallback(),kt.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),E().then(s=>{let e=t=>k(s,`conversations.${t}`);this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(s=null){try{let e=await u(`/conversations?limit=${wt}${s?`&cursor=${encodeURIComponent(s)}`:""}`);this.lines=s?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(s){this.query=s;let{search:e}=this.can;if(this.hits=null,!(!s.trim()||!e))try{let t=await u(e.path,M("POST",{query:s,limit:wt})),r=new Map(t.matches.toReversed().map(i=>[i.conversation_id,i]));this.query===s&&(this.hits=t.matches.filter(i=>r.get(i.conversation_id)===i))}catch{}}async name(s,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,s,{title:e.trim()})}async forget(s){this.asking=null,await this.change(this.can.delete,s);let e=G(location.hash);e.page==="chat"&&e.id===s&&D({page:"chat",id:null})}async change(s,e,t){try{await re(z(s,e),t?M(s.method,t):{method:s.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return l;let s=G(location.hash),e=s.page==="chat"?s.id:null,t=this.query.toLowerCase(),r=this.lines.filter(i=>i.title.toLowerCase().includes(t));return a`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=Nt||this.query?a`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${i=>{let n=i.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(n)},150)}}
          />`:l}
      <ul>
        ${this.hits?this.hits.map(i=>Wt(i)):r.map(i=>this.line(i,i.id===e))}
      </ul>
      ${this.query&&!(this.hits??r).length?a`<p class="empty">Nowhere was that said.</p>`:l}
      ${this.more&&!this.query?a`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:l}
    </section>`}line(s,e){return this.renaming===s.id?a`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${s.title}
          autofocus
          maxlength="200"
          @keydown=${t=>{t.key==="Enter"&&this.name(s.id,t.target.value),t.key==="Escape"&&(this.renaming=null)}}
          @blur=${t=>this.renaming===s.id&&void this.name(s.id,t.target.value)}
        />
      </li>`:this.asking===s.id?a`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(s.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:a`<li>
      <a href=${h({page:"chat",id:s.id})} aria-current=${e?"page":l} title=${s.title}>${s.title||"untitled"}</a>
      ${this.can.rename?a`<button class="ghost" aria-label="Rename ${s.title}" title="Rename" @click=${()=>this.rename(s.id)}>${p("edit")}</button>`:l}
      ${this.can.delete?a`<button class="ghost" aria-label="Delete ${s.title}" title="Delete" @click=${()=>this.asking=s.id}>${p("trash")}</button>`:l}
    </li>`}rename(s){this.renaming=s,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};function Wt(o){let s=[],e=0;for(let[t,r]of o.marks)s.push(o.snippet.slice(e,t),a`<mark>${o.snippet.slice(t,r)}</mark>`),e=r;return s.push(o.snippet.slice(e)),a`<li class="match">
    <a href=${h({page:"chat",id:o.conversation_id})}>${o.title||"untitled"}<span>${s}</span></a>
  </li>`}customElements.define("nis-conversations",Ee);var Tt=()=>isSecureContext&&"mediaDevices"in navigator&&"AudioWorkletNode"in window,he=class{constructor(s){this.listener=s;this.context=null;this.socket=null;this.tracks=[];this.playing=new Set;this.rate=0;this.until=0;this.muted=0}async open(s){let e=await navigator.mediaDevices.getUserMedia({audio:{echoCancellation:!0,noiseSuppression:!0,channelCount:1}});this.tracks=e.getTracks();let t=this.context=new AudioContext,r=t.sampleRate<=48e3?t:this.context=new AudioContext({sampleRate:48e3});r!==t&&t.close(),await r.audioWorklet.addModule("/console/microphone.js");let i=this.socket=new WebSocket(`${location.origin.replace("http","ws")}/ws/voice`);i.binaryType="arraybuffer",i.onmessage=n=>{typeof n.data=="string"?this.heed(JSON.parse(n.data)):this.play(n.data)},i.onclose=n=>{n.reason&&this.listener.failed({title:"The conversation was closed",detail:n.reason}),this.close()},i.onopen=()=>{i.send(JSON.stringify({type:"start",sample_rate:r.sampleRate,...s}));let n=new AudioWorkletNode(r,"microphone",{numberOfOutputs:0});n.port.onmessage=d=>{i.readyState===WebSocket.OPEN&&i.send(d.data)},r.createMediaStreamSource(e).connect(n)}}interrupt(){this.tell({type:"interrupt"})}say(s){return this.tell({type:"text_input",text:s})}tell(s){return this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(s)),!0)}close(){let s=this.socket;if(!(!s&&!this.tracks.length)){this.socket=null,s&&(s.onclose=null),s?.close(),this.silence();for(let e of this.tracks)e.stop();this.tracks=[],this.context?.close(),this.context=null,this.listener.closed()}}heed(s){switch(s.type){case"transcript_partial":this.listener.said(String(s.text));break;case"transcript":this.listener.said("");break;case"turn_started":this.listener.turn(String(s.run_id),String(s.message),String(s.conversation_id));break;case"sentence":this.rate=Number(s.sample_rate);break;case"interrupted":this.muted=s.turn,this.silence();break;case"error":this.listener.failed(s.error)}}play(s){let e=this.context;if(!e||new DataView(s).getUint32(0)<=this.muted)return;let t=Float32Array.from(new Int16Array(s,8),d=>d/32768),r=e.createBuffer(1,t.length,this.rate);r.copyToChannel(t,0);let i=e.createBufferSource();i.buffer=r,i.connect(e.destination),i.onended=()=>this.playing.delete(i),this.playing.add(i);let n=Math.max(this.until,e.currentTime+.05);i.start(n),this.until=n+r.duration}silence(){for(let s of this.playing)s.stop();this.playing.clear(),this.until=0}};var Se=class extends v{constructor(){super();this.voice=null;this.settings=()=>({}),[this.open,this.said,this.trouble]=[!1,"",null]}static{this.properties={settings:{attribute:!1},open:{state:!0},said:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.voice?.close()}close(){this.voice?.close()}interrupt(){this.voice?.interrupt()}say(e){return this.voice?.say(e)??!1}async toggle(){if(this.voice)return this.voice.close();[this.trouble,this.open]=[null,!0];let e=this.voice=new he({said:t=>this.said=t,turn:(t,r,i)=>this.dispatchEvent(new CustomEvent("spoken",{detail:{runId:t,question:r,conversationId:i}})),failed:t=>this.trouble=t,closed:()=>{[this.voice,this.open,this.said]=[null,!1,""]}});try{await e.open(this.settings())}catch(t){this.trouble=t instanceof DOMException?{title:t.name,detail:"The microphone cannot be used.",remedy:t.message}:w(t),e.close(),[this.voice,this.open]=[null,!1]}}render(){if(!Tt()||O.get()!==null)return l;let e=this.trouble?`${this.trouble.detail} ${this.trouble.remedy??""}`:this.said||"Listening…",t=this.open?"Stop talking":"Talk";return a`${this.open||this.trouble?a`<p class="said ${this.trouble?"wrong":""}" role="status">${e}</p>`:l}
      <button
        type="button" class="round talk" aria-label=${t} title=${t} aria-pressed=${this.open} @click=${()=>{this.toggle()}}
      >${p("microphone")}</button>`}};customElements.define("nis-talk",Se);var Ft=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]];function xt(o,s,e){return a`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${o?a` Or <a href="#/explore">explore all ${o} operations</a>.`:l}
    </p>
    <ul>
      ${Ft.map(([t,r])=>a`<li>
          <button @click=${i=>e(r,i)}><strong>${t}</strong><span>${r}</span></button>
        </li>`)}
    </ul>
    <p class="from">
      Programs ask the same: OpenAI's clients at <code>${location.origin}/v1</code>, Anthropic's at <code>${location.origin}</code>, agents
      at <code>/mcp</code> and <code>/a2a</code>, any other over <a href="/docs">REST</a>.
    </p>
    ${s&&!s.models.length?a`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${s.unavailable.map(t=>a`<p>${t.provider}: ${t.reason} <span class="remedy">${t.remedy}</span></p>`)}
        </div>`:l}
  </section>`}var _e=class extends v{constructor(){super();this.opened=null;this.reading=new AbortController;this.composer=_();this.talk=_();this.sticks=!0;this.paint=V(()=>this.requestUpdate());this.grown=new ResizeObserver(()=>{this.measure()});this.scrolled=()=>{this.sticks=this.measure()<80};this.again=()=>{this.conversationId===null&&this.turns.length&&h({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.lines=[],this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},lines:{state:!0},below:{state:!0}}}connectedCallback(){super.connectedCallback(),this.grown.observe(this),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),A.addEventListener("change",this.paint),this.listModels(),E().then(e=>this.lines=e,()=>{})}disconnectedCallback(){super.disconnectedCallback(),this.grown.disconnect(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),A.removeEventListener("change",this.paint),this.reading.abort()}measure(){let e=document.documentElement.scrollHeight-innerHeight-scrollY;return this.below=e>400,e}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await u("/models")}catch(e){e instanceof Y||dt()}}get busy(){return this.turns.some(e=>!de(e))}get model(){let e=this.composer.value?.model;return e?{model:e}:{}}get watcher(){return{changed:this.paint,waiting:ne,signal:this.reading.signal}}async open(e){if(this.talk.value?.close(),this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.composer.value?.focus();let t=this.watcher;this.loading=!0;try{let r=await u(`/conversations/${encodeURIComponent(e)}`,{signal:t.signal});this.turns=r.turns.map(i=>{let n=U(i.message,null,i.attachments);return n.runId=i.run_id,n.stored=i.response,n.views=i.views,n.problem=i.problem??null,n.answers=[...i.alternatives??[],i.run_id].sort(),n.state=["queued","paused","waiting"].includes(i.state)?"running":i.state,n}),this.sticks=!0}catch(r){if(t.signal.aborted)return;this.trouble=L(r)}finally{t.signal.aborted||(this.loading=!1)}for(let r of this.turns.toReversed())await this.replay(r,t)}async replay(e,t){let r=U(e.question,null,e.attached);r.runId=e.runId,r.answers=e.answers;let i=!de(e);i&&this.swap(e,r);try{await W(r,t),i||this.swap(e,r)}catch(n){i&&this.fail(r,n,t.signal)}}named(e){this.opened=e,pe(),this.isConnected&&(le({page:"chat",id:e}),this.conversationId=e)}async say(e,t=null,r=[],i=[]){if(this.busy||!(e.trim()||r.length||i.length)||t===null&&!r.length&&!i.length&&this.talk.value?.say(e))return;let d=U(e,t,i);this.turns=[...this.turns,d],this.sticks=!0;let c=this.watcher,m=this.opened;try{d.attached=[...i,...await Promise.all(r.map(at))]}catch(J){return this.fail(d,J,c.signal),this.composer.value?.give(e,r),this.requestUpdate()}let x={message:e,attachments:d.attached.map(J=>J.id),genui_enabled:!1,...m===null?{}:{conversation_id:m},...this.model,...t?{call:{operation:t.operation,arguments:t.arguments}}:{}},te=m!==null,fe=()=>{c.changed(),!(te||d.runId===null)&&(te=!0,this.nameAfter(d,c))};try{await ye("/chat",x,d,{...c,changed:fe})}catch(J){this.fail(d,J,c.signal)}this.requestUpdate()}async spoken({runId:e,question:t,conversationId:r}){let i=U(t);i.runId=e,this.turns=[...this.turns,i],this.sticks=!0,this.opened===null&&this.named(r);let n=this.watcher;try{await W(i,n)}catch(d){this.fail(i,d,n.signal)}this.requestUpdate()}get talking(){return k(this.lines,"voice.transcribe_audio")?a`<nis-talk
      .settings=${()=>({...this.opened===null?{}:{conversation_id:this.opened},...this.model})} ${P(this.talk)} @spoken=${t=>{this.spoken(t.detail)}}
    ></nis-talk>`:l}async nameAfter(e,t){try{let r=await u(`/runs/${encodeURIComponent(e.runId)}`,{signal:t.signal});r.conversation_id!==null&&!t.signal.aborted&&this.named(r.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,t,r){r.aborted&&e.runId===null&&(e.state="cancelled"),!r.aborted&&(e.state="failed",e.problem=L(t))}async stop(){this.talk.value?.interrupt();let e=this.turns.find(t=>!de(t));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await F(e.runId,"cancel")}catch(t){e.notes.push(t instanceof Y?t.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}async retry(e){let t=k(this.lines,"conversations.regenerate_answer");if(!t||!this.opened||!e.runId)return this.turns=this.turns.filter(m=>m!==e),this.say(e.question,e.call,[],e.attached);let r=U(e.question,e.call,e.attached);r.answers=e.answers.length?e.answers:[e.runId];let i=r.answers;this.swap(e,r);let n=this.watcher,d=()=>{r.runId!==null&&!r.answers.includes(r.runId)&&(r.answers=[...i,r.runId]),n.changed()},c={run_id:e.runId,...this.model};try{await ye(z(t,this.opened),c,r,{...n,changed:d})}catch(m){this.fail(r,m,n.signal)}pe(),this.requestUpdate()}async turnTo(e,t){let r=U(e.question,e.call,e.attached);[r.runId,r.answers]=[t,e.answers];let i=this.watcher;try{await W(r,i),this.swap(e,r)}catch(n){i.signal.aborted||e.notes.push(w(n).detail),this.requestUpdate()}}async branch(e){let t=k(this.lines,"conversations.branch_conversation");try{let r=await u(z(t,this.opened),M("POST",{run_id:e.runId}));pe(),D({page:"chat",id:r.id})}catch(r){e.notes.push(w(r).detail),this.requestUpdate()}}swap(e,t){this.turns=this.turns.map(r=>r===e?t:r)}acts(e,t,r){let i=e.state==="succeeded"&&this.opened!==null&&k(this.lines,"conversations.branch_conversation"),n=k(this.lines,"conversations.regenerate_answer")!==null||e.state!=="succeeded";return{...t&&!r&&n?{retry:()=>{this.retry(e)}}:{},...i&&!r?{branch:()=>{this.branch(e)}}:{},turnTo:d=>{this.turnTo(e,d)},rates:k(this.lines,"feedback.create_feedback")!==null}}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let t=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0,r=Math.min(e.getBoundingClientRect().top+scrollY-t,document.documentElement.scrollHeight-innerHeight);r>scrollY&&scrollTo({top:r})}render(){let e=this.busy,t=!this.turns.length&&!this.loading&&!this.trouble;return a`<div class="column chat ${t?"blank":""}">
      ${t?l:a`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble?b(this.trouble):t?xt(this.lines.length,this.models,(r,i)=>this.begin(r,i)):l}
      ${this.loading?a`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:l}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${r=>{this.say(r.detail.message,r.detail)}}
      >
        ${this.turns.map((r,i)=>$t(r,i===this.turns.length-1,e,this.acts(r,i===this.turns.length-1,e)))}
      </div>
      <nis-composer
        ?busy=${e} ?below=${this.below} .models=${this.models} .beside=${this.talking} ${P(this.composer)}
        @say=${r=>{this.say(r.detail.message,null,r.detail.files)}} @stop=${()=>{this.stop()}}
      ></nis-composer>
    </div>`}begin(e,t){t.detail===0&&this.composer.value?.focus(),this.say(e)}};customElements.define("nis-chat",_e);var Bt=200,Pe=class extends v{constructor(){super();this.asking=new AbortController;this.press=e=>{let t={ArrowDown:1,ArrowUp:-1}[e.key],r=[...this.querySelectorAll(".cards a")],i=r.indexOf(document.activeElement);!t||i<0||(e.preventDefault(),(r[i+t]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await E(),this.trouble=null}catch(e){this.trouble=w(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:t}=this.asking=new AbortController,{query:r}=this;this.timer=setTimeout(()=>{et(r,t).then(i=>this.meant=i,()=>{})},Bt)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,le({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],t=this.family?e.filter(n=>N(n.name)===this.family):e,r=ae(t,this.query),i=this.meant.map(n=>k(t,n)).filter(n=>n!==null&&!r.includes(n));return a`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||l} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${p("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${n=>this.type(n.target.value)}
          @keydown=${n=>{n.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),n.key==="Enter"&&this.querySelector(".cards a")?.click(),(n.key==="ArrowDown"||n.key==="Enter")&&n.preventDefault()}}
        />
      </div>
      ${this.trouble?b(this.trouble,()=>{this.load()}):l}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${r.length+i.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...r,...i]):this.sections(r)}
      </div>
      ${this.lines&&this.query&&!r.length&&!i.length?a`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:l}
    </div>`}chips(e){return[["",e.length],...ve(e)].map(([r,i])=>a`<a
        class="chip" href=${h({page:"explore",query:this.query,family:r})} aria-current=${r===this.family?"true":l}
        >${r?Q(r):"all"} <span>${i}</span></a
      >`)}sections(e){return ve(e).map(([t])=>a`<section>
        <h2>${Q(t)}</h2>
        ${this.cards(e.filter(r=>N(r.name)===t))}
      </section>`)}cards(e){return a`<ul class="cards">
      ${e.map(t=>a`<li>
          <a href=${$(t.name)}>
            <span class="title"><code>${t.name}</code>${Ce(t)}</span>
            <span class="summary">${t.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function Ce(o){let s={model:"",stream:"streams",run:"is a run"}[o.shape];return a`<span class="badges">
    <span class="badge ${o.effect}">${o.effect}</span>${s?a`<span class="badge">${s}</span>`:l}
  </span>`}customElements.define("nis-explore",Pe);var Rt=.8,Le=class extends y{static{this.properties={...y.properties,budgets:{state:!0},more:{state:!0},admin:{state:!0},writes:{state:!0}}}constructor(){super(),[this.budgets,this.more,this.admin,this.writes]=[null,!1,!1,!1]}async look(){let[s,e,t]=await Promise.all([R(S),R("budgets:write"),u("/budgets?limit=100")]);return()=>{[this.budgets,this.more]=[t.budgets,t.next_cursor!==null],[this.admin,this.writes]=[s,e]}}render(){let{budgets:s}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Budgets ${this.writes?a`<button class="primary small" @click=${()=>{this.change("budgets.create_budget","A new budget","Create")}}>New budget</button>`:l}</h1>
        <p class="lede">
          What may be spent on models. What a call can cost at most is reserved before it is sent: one that could cross a limit is
          refused, or takes a cheaper route.
        </p>
        ${s&&!this.admin?a`<p class="note">These are yours. Budgets of keys, users and the server are for who has the scope <code>server:admin</code>.</p>`:l}
      </header>
      ${this.standing(s!==null,"the budgets")}
      ${s&&this.holds?s.length?a`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no budget: nothing limits what is spent. What is spent is under <a href="#/usage">Usage</a>.</p>`:l}
      ${this.more?a`<p class="note">These are the newest hundred; <a href=${$("budgets.list_budgets")}>find others by what they are about</a>.</p>`:l}
    </div>`}row(s){let e=s.scope==="server"?"The whole server":s.subject==="*"?`Every ${s.scope}`:`${s.scope} ${s.subject}`,t=s.name||e,{used:r,limit:i}=s,n=r===null?null:i>0?r/i:1;return a`<li class="panel">
      <div class="bar">
        <h2>${t}</h2>
        ${s.enabled?l:a`<span class="badge">does not hold</span>`}
        ${this.writes?a`<button class="small" aria-label="Edit ${t}" @click=${()=>{this.change("budgets.update_budget",`Change ${t}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${t}" @click=${()=>{this.change("budgets.delete_budget",`Delete ${t}?`,"Delete",s)}}>Delete</button>`:l}
      </div>
      ${n===null?a`<p class="spend">up to <strong>${g(i)}</strong> for each ${s.scope}</p>`:a`<p class="spend"><strong>${g(r)}</strong> of ${g(i)} <span class="note">${Z(n)}</span>${Gt(s,n)}</p>
            <meter min="0" max="1" low=${Rt} high="0.9999" optimum="0" value=${Math.min(1,n)} aria-label="Used of ${t}">${Z(n)}</meter>`}
      <p class="facts">
        ${s.name||!["*",""].includes(s.subject)?a`<span>${Vt(s)}</span>`:l}
        <span>${s.period==="total"?"in all":`a ${s.period}`}${s.resets_at?a`, anew on ${new Date(s.resets_at).toLocaleString(void 0,{dateStyle:"medium",timeStyle:"short"})}`:l}</span>
        <span>${s.model?a`models <code>${s.model}</code>`:"all models"}</span>
        <span>${s.action==="refuse"?"then calls are refused":"then a cheaper route is taken"}</span>
      </p>
    </li>`}};function Gt(o,s){return s<Rt||!o.enabled?l:a` <strong class=${s<1?"warned":"bad"}>${s<1?"nearly used up":o.action==="refuse"?"used up: calls are refused":"used up"}</strong>`}function Vt({scope:o,subject:s}){if(o==="server")return"the whole server";if(s==="*")return`every ${o}`;let e=o==="run"?h({page:"run",id:s}):o==="conversation"?h({page:"chat",id:s}):"";return a`${o} ${e?a`<a class="id" href=${e}>${s}</a>`:a`<code>${s}</code>`}`}customElements.define("nis-budgets",Le);var Kt=["id","owner","created","updated"],Et=120,Me=class extends ce{async page(s){let e={limit:"50",...s?{cursor:s}:{}},{changes:t,next_cursor:r}=await u(`/routes/list-changes?${new URLSearchParams(e)}`);return{lines:t,next_cursor:r}}render(){let{lines:s}=this;return a`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${this.standing(s!==null,"the changes")}
      ${s&&this.holds?s.length?a`<ol class="budgets">${s.map(Jt)}</ol>`:a`<p class="empty">Nothing has been changed since this server was set up.</p>`:l}
      ${this.more?a`<button @click=${()=>{this.next()}}>Earlier changes</button>`:l}`}};function Jt(o){let s=new Date(o.created*1e3),e=(o.after??o.before)?.name;return a`<li class="panel change">
    <p>
      <strong>${o.by_owner}</strong>${o.by_key?a` <span class="note">with ${o.by_key}</span>`:l}
      ${o.action}d the ${o.subject} ${typeof e=="string"&&e?a`${e} `:l}<code>${o.subject_id}</code>
      <time class="note" datetime=${s.toISOString()} title=${s.toLocaleString()}>${K(o.created)}</time>
    </p>
    ${o.before&&o.after?St(o.before,o.after):a`<details><summary>What it ${o.after?"is":"was"}</summary>${St(o.before??{},o.after??{})}</details>`}
  </li>`}function St(o,s){let[e,t]=[qe(o),qe(s)],r=Object.keys({...e,...t}).filter(n=>!Kt.includes(n)&&!st(e[n],t[n])),i=n=>a`<div>
    <dt>${n==="cap"?"limit":n}</dt>
    <dd>${n in e?a`<del>${_t(e[n],n)}</del>`:l} ${n in t?a`<ins>${_t(t[n],n)}</ins>`:l}</dd>
  </div>`;return a`<dl class="rows">${r.map(i)}</dl>`}function qe(o,s=""){let e=o;if(typeof o=="string"&&/^[[{]/.test(o))try{e=JSON.parse(o)}catch{}return typeof e!="object"||e===null?{[s]:o}:Object.assign({},...Object.entries(e).map(([t,r])=>qe(r,s?`${s}.${t}`:t)))}function _t(o,s){if(/^(cap$|rates\.)/.test(s)&&typeof o=="number")return g(o/B);let e=typeof o=="string"?o||"nothing":JSON.stringify(o)??"nothing";return e.length>Et?`${e.slice(0,Et)}…`:e}customElements.define("nis-changes",Me);var Ie=a`<p class="note">To change them takes a key with the scope <code>server:admin</code>, which this one has not.</p>`,Ae=class extends y{static{this.properties={...y.properties,routes:{state:!0},more:{state:!0},writes:{state:!0}}}constructor(){super(),[this.routes,this.more,this.writes]=[null,!1,!1]}async look(){let[s,e]=await Promise.all([R(S),u("/routes?limit=100")]);return()=>{[this.routes,this.more,this.writes]=[e.routes,e.next_cursor!==null,s]}}render(){let{routes:s}=this;return a`<header class="head">
        <h1>Routes ${this.writes?a`<button class="primary small" @click=${()=>{this.change("routes.create_route","A new route","Create")}}>New route</button>`:l}</h1>
        <p class="lede">
          A name that callers give as <code>model</code>. Of a tier, models share the calls by their weights; when none of them answers,
          the next tier is asked.
        </p>
        ${s&&!this.writes?Ie:l}
      </header>
      ${this.standing(s!==null,"the routes")}
      ${s&&this.holds?s.length?a`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no route: a caller names a model itself, and is told when that one fails.</p>`:l}
      ${this.more?a`<p class="note">These are the first hundred by name.</p>`:l}`}row(s){let{policy:e}=s,t=[...new Set(s.targets.map(r=>r.tier))].sort((r,i)=>r-i);return a`<li class="panel">
      <div class="bar">
        <h2><code>${s.id}</code></h2>
        ${s.enabled?l:a`<span class="badge">disabled</span>`}
        <button class="small" aria-label="Explain ${s.id}" @click=${()=>{this.change("routes.explain_route",`Where a call to ${s.id} goes now`,"Explain",s)}}>Explain</button>
        ${this.writes?a`<button class="small" aria-label="Edit ${s.id}" @click=${()=>{this.change("routes.update_route",`Change ${s.id}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("routes.delete_route",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:l}
      </div>
      <ol class="tiers">
        ${t.map((r,i)=>a`<li>${i?a`<span class="note">then </span>`:l}${Yt(s.targets.filter(n=>n.tier===r))}</li>`)}
      </ol>
      <p class="facts">
        <span>${e.retries===1?"1 retry":`${e.retries} retries`}</span>
        <span>first word within ${e.first_byte} s, whole within ${e.total} s</span>
        ${e.hedge_after===null?l:a`<span>hedged after ${e.hedge_after} s</span>`}
        ${e.cache==="none"?l:a`<span>${e.cache} cache for ${e.cache_seconds} s</span>`}
        ${e.ladder.length?a`<span>cheaper: ${e.ladder.join(", ")}</span>`:l}
      </p>
    </li>`}};function Yt(o){let s=o.reduce((e,t)=>e+t.weight,0);return o.map(e=>a`<span class="target"><code>${e.model}</code> ${o.length>1?a`<span class="note">${e.weight?Z(e.weight/s):"after the others"}</span>`:l}</span>`)}customElements.define("nis-routes",Ae);var De=class extends y{static{this.properties={...y.properties,providers:{state:!0},writes:{state:!0}}}constructor(){super(),[this.providers,this.writes]=[null,!1]}async look(){let[s,{providers:e}]=await Promise.all([R(S),u("/providers")]);return()=>{[this.providers,this.writes]=[e,s]}}render(){let{providers:s}=this;return a`<header class="head">
        <h1>Providers ${this.writes?a`<button class="primary small" @click=${()=>{this.change("providers.create_provider","A new provider","Create")}}>New provider</button>`:l}</h1>
        <p class="lede">Who is asked for models. Keys stay in the server's settings and are only named here. A state is what this process sees.</p>
        ${s&&!this.writes?Ie:l}
      </header>
      ${this.standing(s!==null,"the providers")}
      ${s&&this.holds?a`<div class="wide" role="region" aria-label="Providers" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  ${["provider","state","speaks","address","key"].map(e=>a`<th scope="col">${e}</th>`)}
                  <th scope="col" class="n">at a time</th><th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${s.map(e=>this.row(e))}</tbody>
            </table>
          </div>`:l}`}row(s){let e=s.state==="ready";return a`<tr>
      <th scope="row"><code>${s.id}</code>${s.source==="settings"?l:a`<span class="note">${s.source}</span>`}</th>
      <td class=${e?"":"said"}><span class="state-mark ${e?"ok":s.enabled?"failed":""}"><i></i>${s.state}</span></td>
      <td>${s.kind}</td>
      <td class="id">${s.url||"this machine"}</td>
      <td>${s.key_name?a`<code>${s.key_name}</code>`:s.url&&s.source==="settings"?"the settings'":"–"}</td>
      <td class="n">${s.concurrency}</td>
      <td class="does">
        <button class="small" aria-label="Test ${s.id}" @click=${()=>{this.change("providers.test_provider",`Test ${s.id}`,"Test again",s)}}>Test</button>
        ${this.writes?a`<button class="small plain" aria-label="Edit ${s.id}" @click=${()=>{this.change("providers.update_provider",`Change ${s.id}`,"Save",s)}}>Edit</button>
              ${s.source==="run time"?a`<button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("providers.delete_provider",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:l}`:l}
      </td>
    </tr>`}};customElements.define("nis-providers",De);var zt=12,Qt=20,Pt=new Set(["route","agent"]),Xt=[["","models"],["routes","routes"],["providers","providers"],["changes","changes"]];function Ct(o){let s={"":a`<nis-models></nis-models>`,routes:a`<nis-routes></nis-routes>`,providers:a`<nis-providers></nis-providers>`,changes:a`<nis-changes></nis-changes>`};return a`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${Xt.map(([e,t])=>a`<a class="chip" href=${h({page:"models",part:e})} aria-current=${e===o?"true":l}>${t}</a>`)}
    </nav>
    ${s[o]}
  </div>`}var Oe=class extends y{constructor(){super();this.free=new Set;this.pause=6e4;[this.listed,this.prices,this.sought,this.sets]=[null,new Map,"",!1]}static{this.properties={...y.properties,listed:{state:!0},prices:{state:!0},sought:{state:!0},sets:{state:!0}}}async look(){let[e,t,r,{providers:i}]=await Promise.all([R(S),u("/models?limit=1000"),this.known(),u("/providers")]);return()=>{[this.listed,this.prices,this.sets]=[t,r,e],this.free=new Set(i.filter(n=>!n.billed).map(n=>n.id))}}async known(){let e=new Map,t=null;for(let r=0;r<Qt;r++){let i=new URLSearchParams({limit:"100",...t?{cursor:t}:{}}),{prices:n,next_cursor:d}=await u(`/models/list-prices?${i}`);for(let c of n)e.set(c.model,c);if(t=d,t===null)break}return e}render(){let{listed:e}=this;return a`<header class="head">
        <h1>Models</h1>
        <p class="lede">What <code>model</code> takes, in the chat and over every protocol. Prices are in dollars for a million tokens.</p>
      </header>
      ${this.standing(e!==null,"the models")}
      ${e&&this.holds?this.shown(e):l}`}shown({models:e,unavailable:t}){let r=e.filter(i=>i.id.toLowerCase().includes(this.sought.toLowerCase()));return a`${t.map(i=>a`<div class="failure"><p><strong>${i.provider} lists no model.</strong> ${i.reason} <span class="remedy">${i.remedy}</span></p></div>`)}
      ${e.length>zt?a`<label class="hidden" for="sought">Find a model</label>
            <input id="sought" class="sought" type="search" placeholder="Find a model" @input=${i=>this.sought=i.target.value} />`:l}
      ${r.length?a`<div class="wide" role="region" aria-label="Models" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">model</th><th scope="col">can</th>
                  ${["context","$ in","$ cached","$ out"].map(i=>a`<th scope="col" class="n">${i}</th>`)}
                  <th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${r.map(i=>this.row(i))}</tbody>
            </table>
          </div>`:a`<p class="empty">${e.length?"No model is called that.":a`There is no model. <a href="#/models/providers">Set up a provider.</a>`}</p>`}`}row(e){let t=this.prices.get(e.id),r=x=>a`<td class="n" title=${t?`${t.source}${x?.[1]?`; ${x.slice(1).map(({over:te,dollars:fe})=>`${g(fe)} above ${f(te)} tokens`).join(", ")}`:""}`:l}>
        ${x?.[0]?g(x[0].dollars):"–"}${x?.[1]?"+":""}
      </td>`,i=t?.context??e.context_tokens,[n,d,c]=[t?.input[0]?.dollars,t?.cached[0]?.dollars,t?.output[0]?.dollars],m={input:n,output:c,cached:d===n?void 0:d,context:t?.context};return a`<tr>
      <th scope="row"><code>${e.id}</code> ${e.demonstration?a`<span class="badge">demonstration</span>`:l}</th>
      <td>${e.tools?"use tools":""}</td>
      <td class="n">${i==null?"–":f(i)}</td>
      ${t?a`${r(t.input)}${r(t.cached)}${r(t.output)}`:a`<td class="n note" colspan="3">${this.free.has(e.provider)?"not billed":Pt.has(e.provider)?"by its models":"no price known"}</td>`}
      <td class="does">
        <button class="small" aria-label="Test ${e.id}" @click=${()=>{Te({name:"models.test_model",title:`Test ${e.id}`,button:"Test again",of:{id:e.id}})}}>Test</button>
        ${this.sets&&!Pt.has(e.provider)?a`<button
              class="small plain" aria-label="Set the price of ${e.id}"
              @click=${async()=>{let x=`${e.provider}:${e.name}`;await Te({name:"models.set_price",title:`What ${e.id} costs`,button:"Set",of:{model:x},given:m})&&await this.again()}}
            >Price</button>`:l}
      </td>
    </tr>`}};customElements.define("nis-models",Oe);var me=100;function Lt(o,s){let e=Math.max(...s.map(i=>i.value)),t=s.find(i=>i.value===e),r=i=>e>0?i/e*me:0;return a`<figure class="bars">
    <figcaption>${o} <span class="note">${e>0?`at most ${t.said}`:l}</span></figcaption>
    <svg
      role="img" viewBox="0 0 ${s.length} ${me}" preserveAspectRatio="none"
      aria-label="${o}, ${s[0]?.label} to ${s.at(-1)?.label}${e>0?`; the most on ${t.label}: ${t.said}`:""}"
    >
      ${s.map(({label:i,value:n,said:d},c)=>se`<g>
          <title>${i}: ${d}</title>
          <rect class="back" x=${c} width="1" height=${me}></rect>
          <rect x=${c+.12} width="0.76" y=${me-r(n)} height=${r(n)}></rect>
        </g>`)}
    </svg>
    <p class="ends" aria-hidden="true"><span>${s[0]?.label}</span><span>${s.at(-1)?.label}</span></p>
  </figure>`}var je=class extends ce{async page(s){let{calls:e,next_cursor:t}=await u(`/calls?${new URLSearchParams({limit:"20",...s?{cursor:s}:{}})}`);return{lines:e,next_cursor:t}}render(){let{lines:s}=this;return a`<section class="panel" id="calls">
      <div class="bar"><h2>Your last calls</h2></div>
      ${this.standing(s!==null,"the calls")}
      ${s&&this.holds?s.length?this.table(s):a`<p class="empty">None yet.</p>`:l}
      ${this.more?a`<button class="small" @click=${()=>{this.next()}}>Earlier calls</button>`:l}
    </section>`}table(s){return a`<div class="wide" role="region" aria-label="Your last calls" tabindex="0">
      <table class="runs calls">
        <thead><tr>${[["ended",""],["sent",""],["model",""],["for",""],["tokens","n"],["cost","n"],["first word","n"],["whole","n"]].map(([t,r])=>a`<th scope="col" class=${r}>${t}</th>`)}</tr></thead>
        <tbody>${s.map(t=>this.row(t))}</tbody>
      </table>
    </div>`}row(s){let e=new Date(s.created*1e3);return a`<tr>
      <td>${ue(s.state)}${s.problem?a`<span class="note">${s.problem}</span>`:l}</td>
      <td><time datetime=${e.toISOString()} title=${e.toLocaleString()}>${K(s.created)}</time></td>
      <td>
        <code>${s.provider}:${s.model}</code>
        ${s.route||s.attempt>1?a`<span class="note">${s.route?`on ${s.route}`:""}${s.attempt>1?` try ${s.attempt}`:""}</span>`:l}
      </td>
      <td>${s.run_id?a`<a href=${h({page:"run",id:s.run_id})}>${s.operation}</a>`:s.operation}</td>
      <td class="n" title="in and out">${f(s.input)} → ${f(s.output)}</td>
      <td class="n">${s.priced?g(s.cost):a`<span class="note">no price</span>`}</td>
      <td class="n">${I(s.first_ms)}</td>
      <td class="n">${I(s.total_ms)}</td>
    </tr>`}};customElements.define("nis-calls",je);var Zt=["day","model","provider","route","operation","key"],es=[[1,"today"],[7,"7 days"],[30,"30 days"],[90,"90 days"]],ts=864e5,ss={key:"no key",route:"no route"},rs=400,Ue=o=>new Date(o).toISOString().slice(0,10),ge=(o,s)=>Ue(Date.parse(o)+s*ts),He=class extends y{constructor(){super();this.down=e=>{e.preventDefault(),this.querySelector("#calls")?.scrollIntoView()};[this.daily,this.groups,this.admin,this.unsaved]=[null,null,!1,null]}static{this.properties={...y.properties,chosen:{attribute:!1},daily:{state:!0},groups:{state:!0},admin:{state:!0},unsaved:{state:!0}}}willUpdate(e){!this.hasUpdated||!e.has("chosen")||JSON.stringify(e.get("chosen"))===JSON.stringify(this.chosen)||(this.unsaved=null,this.again())}get asked(){let{since:e,until:t,days:r,everyone:i}=this.chosen,n=Ue(Date.now());return{...e||t?{since:e||null,until:t?ge(t,1):null}:{since:ge(n,1-r),until:ge(n,1)},...i?{owner:"*"}:{}}}async look(){let{asked:e}=this,{by:t}=this.chosen,r=c=>u("/usage/get-usage",M("POST",{...e,by:[c]})),[i,n,d]=await Promise.all([R(S),r("day"),t==="day"?null:r(t)]);return()=>{this.admin=i,[this.daily,this.groups]=[n,d??n]}}render(){let{daily:e,groups:t}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Usage</h1>
        <p class="lede">Every call of a model, what it took and what it cost. The sums are exact: they are those of the <a href="#calls" @click=${this.down}>calls below</a>. Days are UTC.</p>
      </header>
      ${this.choice()}
      ${this.standing(e!==null,"the usage")}
      ${e&&t&&this.holds?e.total.calls?this.sums(e,t):as:l}
      ${this.unsaved?b(this.unsaved):l}
      <nis-calls></nis-calls>
    </div>`}choice(){let{chosen:e}=this,t=(n,d,c)=>a`<a class="chip" href=${h({...e,...d})} aria-current=${c?"true":l}>${n}</a>`,r=e.since||e.until,i=(n,d)=>a`<label>
      ${d}<input
        type="date" .value=${e[n]} max=${Ue(Date.now())}
        @change=${c=>D({...e,[n]:c.target.value})}
      />
    </label>`;return a`<div class="choice">
      <nav class="families" aria-label="Days">
        ${es.map(([n,d])=>t(d,{days:n,since:"",until:""},!r&&e.days===n))}
      </nav>
      <div class="dates">${i("since","from")} ${i("until","to")}</div>
      ${this.admin?a`<nav class="families" aria-label="Whose">
            ${t("mine",{everyone:!1},!e.everyone)} ${t("everyone's",{everyone:!0},e.everyone)}
          </nav>`:l}
    </div>`}sums(e,t){let{total:r}=e,i=[["Cost",g(r.cost),r.saved?`${g(r.saved)} saved by the cache`:""],["Calls",f(r.calls),r.failed?`${f(r.failed)} failed`:"none failed"],["Cached",f(r.hits),"answered without a model"],["Tokens",f(r.input+r.output),`${f(r.input)} in, ${f(r.output)} out`],["First word",I(r.first_ms),`on average; whole ${I(r.total_ms)}`]];return a`<dl class="figures">
        ${i.map(([n,d,c])=>a`<div><dt>${n}</dt><dd>${d} <span class="note">${c}</span></dd></div>`)}
      </dl>
      ${r.unpriced?a`<p class="note">${f(r.unpriced)} of the calls were of models of which no price is known: what they cost is missing here. <a href="#/models">Set their prices.</a></p>`:l}
      <div class="pair">${this.chart(e,"Cost by day","cost",g)} ${this.chart(e,"Calls by day","calls",f)}</div>
      <section class="panel">
        <div class="bar">
          <h2>By ${this.chosen.by}</h2>
          <button class="small" @click=${()=>{this.save("usage")}}>Sums as CSV</button>
          ${this.chosen.everyone?l:a`<button class="small" @click=${()=>{this.save("calls")}}>Calls as CSV</button>`}
        </div>
        <nav class="families" aria-label="Sums by">
          ${Zt.map(n=>a`<a class="chip" href=${h({...this.chosen,by:n})} aria-current=${n===this.chosen.by?"true":l}>${n}</a>`)}
        </nav>
        ${this.table(t)}
      </section>`}chart(e,t,r,i){let n=new Map(e.rows.map(c=>[c.day,c[r]])),d=[];for(let c=e.since;c<e.until;c=ge(c,1)){let m=n.get(c)??0;d.push({label:c,value:m,said:i(m)})}return d.length>1&&d.length<=rs?Lt(t,d):l}table({rows:e,by:[t=""]}){let r=t==="day"?[...e].reverse():e.toSorted((i,n)=>n.cost-i.cost||n.calls-i.calls);return a`<div class="wide" role="region" aria-label="Usage by ${t}" tabindex="0">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">${t}</th>
            ${["calls","failed","cached","tokens in","tokens out","cost","first word, mean","whole, mean"].map(i=>a`<th scope="col" class="n">${i}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${r.map(i=>a`<tr>
              <th scope="row">${i[t]||ss[t]||"none"}</th>
              ${[f(i.calls),f(i.failed),f(i.hits),f(i.input),f(i.output),g(i.cost),I(i.first_ms),I(i.total_ms)].map(n=>a`<td class="n">${n}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </div>`}async save(e){this.unsaved=null;let t=this.chosen.by==="day"?["day"]:["day",this.chosen.by];try{let r=await re("/usage/get-export",M("POST",{...this.asked,what:e,by:t},{Accept:"text/csv"})),i=document.createElement("a");i.href=URL.createObjectURL(await r.blob()),i.download=r.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]??`${e}.csv`,i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),6e4)}catch(r){this.unsaved=w(r)}}},as=a`<p class="empty">No calls in these days. <a href="#/">Ask something in the chat</a>, or send a request to <code>/v1/chat/completions</code>: it is here a moment later.</p>`;customElements.define("nis-usage",He);function Mt(o){let[,...s]=o.description.split(/\n\s*\n/),e=[["REST",o.routes.map(t=>a`<code>${t}</code> `)],["MCP tool",a`<code>${Ze(o.id)}</code>`],["Command line",a`<code>nis call ${o.id}</code>`],["Scopes",o.scopes.length?o.scopes.map(t=>a`<code>${t}</code> `):"none"],["Time limit",o.shape==="run"?"the run's own":`${o.time_limit} s`],["Runs in",o.pool?`the worker pool ${o.pool}`:"the server"]];return a`${s.length?a`<section class="about prose">${j(is(s.join(`

`)))}</section>`:l}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${e.map(([t,r])=>a`<div><dt>${t}</dt><dd>${r}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${ns(o.result_schema)}
    </details>`}function is(o){return o.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function ns(o){let s=Object.entries(o.properties??{});return s.length?a`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${s.map(([e,t])=>a`<tr>
          <th scope="row"><code>${e}</code></th>
          <td class="kind">${Ne(t)}</td>
          <td>${t.unit?a`<span class="unit">${t.unit}</span> `:l}${t.description?ie(t.description):l}</td>
        </tr>`)}
    </tbody>
  </table></div>`:C(T(o))}function Ne(o){let{$ref:s,anyOf:e,items:t,type:r,enum:i}=o;return s?s.replace("#/$defs/",""):i?i.map(n=>JSON.stringify(n)).join(", "):e?e.map(Ne).join(" or "):r==="array"?`list of ${t?Ne(t):"anything"}`:r??"anything"}function qt(o,s,e,t){let r=lt.filter(d=>d.fits?.(o)??!0),i=r.find(d=>d.id===e)??r[0],n=i.text({line:o,given:s,origin:location.origin,keyed:O.get()!==null});return a`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${r.map(d=>a`<button type="button" aria-pressed=${d===i} @click=${()=>t(d.id)}>${d.name}</button>`)}
      </div>
      <nis-copy .text=${n} label="Copy the ${i.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${i.id}><code>${n}</code></pre>
    ${i.note?a`<p class="note">${i.note}</p>`:l}
    <p class="note"><a href=${$(o.name,s)}>A link to this call</a></p>
  </section>`}var At=400;function ee(o){let s=os(o),e=s.slice(-At),t=o[0]?.time??0;return a`${s.length>e.length?a`<p class="note">The last ${At} of ${s.length} entries.</p>`:l}
    <ol class="timeline">
      ${e.map(r=>a`<li class="${r.first.body.type} ${r.gone?"gone":""}">
          <span class="at" title=${new Date(r.first.time*1e3).toLocaleString()}>${q(r.first.time-t,2)}</span>
          <span class="seq">${r.first.seq===r.last.seq?r.first.seq:`${r.first.seq}–${r.last.seq}`}</span>
          <div class="what">${rt([r.first,r.last,r.gone],()=>ls(r))}</div>
        </li>`)}
    </ol>`}function os(o){let s=[];for(let e of o){let{body:t}=e;if(t.type==="noted")continue;if(t.type==="step_retried")for(let d of s)d.gone||=We(d.first.body)&&d.first.body.step===t.step;let r=s.at(-1),i=We(t)?t.text:"";r&&We(t)&&r.first.body.type===t.type&&r.first.body.step===t.step?[r.last,r.text]=[e,r.text+i]:r?.first.body.type==="progress"&&t.type==="progress"?(r.last=e,r.measured.push(...xe(e))):s.push({first:e,last:e,text:i,gone:!1,measured:xe(e)})}return s}var We=o=>o.type==="text_delta"||o.type==="reasoning_delta";function ls({first:o,last:s,text:e,gone:t,measured:r}){let i=s.body;switch(i.type){case"started":return a`<strong>Started</strong> <a href=${$(i.operation)}><code>${i.operation}</code></a>${i.attempt>1?a` <span class="note">attempt ${i.attempt}</span>`:l}`;case"text_delta":return a`${t?a`<span class="note">Taken back:</span>`:l}<div class="prose said">${j(e)}</div>`;case"reasoning_delta":return a`<details><summary>${t?"Taken back: it thought":"Thought"}</summary><div class="prose">${j(e)}</div></details>`;case"model_called":return a`<strong>Model asked</strong> ${i.provider} · ${i.model}`;case"model_answered":return a`<strong>Model answered</strong> <span class="note">${[i.answered_by,i.finish_reason,i.input_tokens?`${i.input_tokens} tokens in`:"",i.output_tokens?`${i.output_tokens} out`:"",i.cost?g(i.cost/B):""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return a`<strong>Called</strong> <a href=${$(i.operation,i.arguments)}><code>${i.operation}</code></a>
        ${H("Arguments",i.arguments)}`;case"tool_answered":return a`<strong>${i.problem?"Refused":"Answered"}</strong> <code>${i.operation}</code>
        ${i.problem?b(i.problem):H("Result",i.result)}`;case"progress":return a`<strong>Progress</strong> <progress max="1" .value=${i.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*i.fraction)} % ${i.message}</span>${bt(r)}`;case"surface":return a`<strong>Shown</strong> ${i.views.map(oe)}`;case"input_required":return a`<strong>Asks</strong> for ${i.missing.join(", ")||"a choice"} ${i.operation?a`of <code>${i.operation}</code>`:l}
        <span class="note">${i.question}</span>`;case"approval_required":return a`<strong>Asks</strong> to be allowed <code>${i.operation}</code> <span class="note">${i.reason}</span>
        ${H("Arguments",i.arguments)}`;case"noted":return a`<strong>Noted</strong> <code>${i.name}</code> ${H("Value",i.value)}`;case"artifact":return a`<strong>Made</strong> ${i.name} <span class="note">${i.media_type} · ${i.size} bytes</span>`;case"step_retried":return a`<strong>Begun again</strong> <span class="note">step ${i.step}: ${i.reason}</span>`;case"handed_off":return a`<strong>Handed off</strong> by ${i.agent} to <a href=${h({page:"agent",name:i.to})}>${i.to}</a> <span class="note">${i.reason}</span>`;case"arguments_mended":return a`<strong>${i.shown?"Told the schema of":"Mended a call of"}</strong> <code>${i.tool}</code> <span class="note">${i.changes.join("; ")}</span>`;case"compacted":return a`<strong>Made shorter</strong> <span class="note">${i.results} results shortened, ${i.turns} turns condensed: about ${i.tokens_before} tokens are ${i.tokens_after}</span>`;case"warning":return a`<strong>Warning</strong> ${i.message}`;case"cancel_requested":return a`<strong>Told to stop</strong>`;case"pause_requested":return a`<strong>Told to pause</strong>`;case"resume_requested":return a`<strong>Told to go on</strong>`;case"approved":return a`<strong class="good">Approved</strong>`;case"rejected":return a`<strong class="bad">Rejected</strong> ${i.reason}`;case"input_provided":return a`<strong>Told</strong> ${H("Values",i.values)}`;case"retry_scheduled":return a`<strong>To be tried again</strong> ${i.problem.detail?b(i.problem):l}`;case"released":return a`<strong>${{shutdown:"Handed over",paused:"Paused",waiting:"Waits"}[i.reason]}</strong>`;case"succeeded":return a`<strong class="good">Succeeded</strong> ${H("Result",i.result)}`;case"failed":return a`<strong class="bad">Failed</strong> ${b(i.problem)}`;case"cancelled":return a`<strong>Stopped</strong>`;default:return a`<strong>${o.body.type}</strong> ${H("Event",o.body)}`}}function H(o,s){return a`<details><summary>${o}</summary>${C(T(s))}</details>`}function It(o,s,e,t){if(!o)return a`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${s.shape==="run"?", its events as they happen":s.shape==="stream"?", as it comes":""}.</p>`;let r=[["drawn","Drawn"],["json","JSON"],...o.log?[["events","Events"]]:[]],i=o.result!==void 0||o.items.length>0||o.log!==null;return a`<div class="bar">
      <h2>Result</h2>
      <span class="took ${o.state}" role="status">${ds(o)}</span>
      ${i?a`<div class="switch" role="group" aria-label="How to look at it">
              ${r.map(([n,d])=>a`<button type="button" aria-pressed=${n===e} @click=${()=>t(n)}>${d}</button>`)}
            </div>
            <nis-copy .text=${()=>T(Fe(o))} label="Copy the result as JSON"></nis-copy>`:l}
    </div>
    ${i?cs(o,e):o.state==="running"?a`<p class="waiting"><span class="pulse"></span> computing</p>`:l}
    ${o.log?.runId&&o.log.asked?a`<nis-asked .runId=${o.log.runId} .asked=${o.log.asked}></nis-asked>`:l}
    ${o.log?.runId?a`<p class="note">Run <a class="id" href=${h({page:"run",id:o.log.runId})}>${o.log.runId}</a></p>`:l}`}var ds=o=>o.state==="running"?o.items.length?`${o.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[o.state]} · ${q((o.took??0)/1e3)}`,Fe=o=>o.result??(o.log?o.log.events:o.items);function cs(o,s){if(s==="json")return C(T(Fe(o)));if(s==="events"&&o.log)return ee(o.log.events);if(o.log&&!o.views.length)return ee(o.log.events);let e=ot(o.result);if(e)return a`<div class="views"><nis-text .file=${e}></nis-text></div>`;let t=o.views.filter(n=>n.kind!=="form"),r=new Set(t.map(n=>"blob"in n?n.blob:"")),i=nt(o.result).filter(n=>!r.has(n.id)).map(n=>a`<nis-blob .blob=${n}></nis-blob>`);return t.length||i.length?a`<div class="views">${i}${t.map(oe)}</div>`:o.items.length?us(o.items):C(T(Fe(o)))}function us(o){let s=o.filter(n=>typeof n=="object"&&n!==null),e=s.map(n=>typeof n.text=="string"?n.text:"").join("");if(e)return a`<div class="prose" aria-live="polite">${j(e)}</div>`;let t=[...new Set(s.flatMap(n=>Object.keys(n)))],r=n=>typeof n=="number"||typeof n=="string"?n:JSON.stringify(n)??"",i={kind:"table",title:"Items",columns:t,rows:s.slice(-200).map(n=>t.map(d=>r(n[d])))};return mt(i)}var Be=class extends v{constructor(){super();this.root=null;this.calling=new AbortController;this.sliding=new ht(()=>this.given,e=>[this.outcome,this.refusal]=[e,null],e=>this.refusal=e);this.paint=V(()=>this.requestUpdate());this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.example="",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0},example:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&(this.example="",this.fill(this.input??{}))}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[t,r]=await Promise.all([Xe(e),E()]);if(e!==this.name)return;this.line=k(r,e),this.detail=t,this.example=!this.input&&t.examples.length?"0":"",this.fill(this.input??(t.examples[0]?Dt(t.examples[0]):{}))}catch(t){e===this.name&&(this.trouble=w(t))}}fill(e){this.root=be(this.detail.request_schema,e),this.json!==null&&(this.json=T(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?tt(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:t,given:r}=this;if(!t||this.outcome?.state==="running")return;if(r===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:i}=this.calling=new AbortController,n=this.outcome=ct();this.refusal=null,this.tab=t.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await ut(t,r,n,this.paint,i)}catch(d){n.state=i.aborted?"stopped":"failed",i.aborted||(this.refusal=L(d))}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"}),ft(this.querySelector(".request"))}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await F(e,"cancel")}catch(t){t instanceof Y||this.calling.abort()}}render(){let{detail:e,line:t}=this,r=a`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${h({page:"explore",query:"",family:N(this.name)})}>${Q(N(this.name))}</a>
    </p>`;return this.trouble?a`<div class="column wide-column">${r}${b(this.trouble,()=>{this.open()})}</div>`:!e||!t?a`<div class="column wide-column">${r}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`:a`<div class="column wide-column operation">
      ${r}
      <header class="head">
        <h1><code>${e.id}</code>${Ce(e)}</h1>
        <p class="lede">${ie(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,t)} ${Mt(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(t)} ${qt(t,this.given??{},this.snippet,i=>this.snippet=i)}</div>
      </div>
    </div>`}request(e,t){let r=this.outcome?.state==="running",i={root:e.request_schema,id:"r",errors:ke(this.root,this.refusal),changed:()=>this.requestUpdate(),...pt(t)&&this.outcome?.state==="done"?{slid:()=>{this.sliding.slid(t,this.calling.signal)}}:{}};return a`<form
      class="panel"
      @submit=${n=>{this.call(n)}}
      @invalid=${gt}
      @keydown=${n=>{n.key==="Enter"&&(n.ctrlKey||n.metaKey)&&n.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=T(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(i)}
      <div class="act">
        ${r?a`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:a`<button class="primary">${p("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${t.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:l}
      </div>
    </form>`}examples(e){return e.length?a`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${t=>{this.example=t.target.value,this.fill(this.example==="empty"?{}:Dt(e[Number(this.example)]))}}
      >
        <option value="" hidden .selected=${this.example===""}>Examples</option>
        ${e.map((t,r)=>a`<option value=${r} .selected=${String(r)===this.example}>${t.title}</option>`)}
        <option value="empty" .selected=${this.example==="empty"}>Empty</option>
      </select>`:l}form(e){let t=this.root?.parts??[];if(!t.length)return a`<p class="note">It takes no arguments.</p>`;let r=t.filter(n=>n.schema.knob&&!n.required),i=t.filter(n=>!r.includes(n));return a`${$e(i,e)}
      ${r.length?a`<details class="more"><summary>${r.length} ${r.length>1?"settings":"setting"} of the method</summary>${$e(r,e)}</details>`:l}`}editor(){return a`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?a`<p class="error">This is not a JSON object yet.</p>`:l}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=be(this.detail.request_schema,e),this.json=null)}answer(e){let{outcome:t,refusal:r}=this,i=ke(this.root,r);return a`<section class="panel result" aria-label="Result" aria-busy=${t?.state==="running"}>
      ${It(t,e,this.tab,n=>this.tab=n)}
      ${r?b(i.size?{...r,errors:[]}:r,()=>{this.call()}):l}
    </section>`}};function Dt(o){let s=Object.entries(o.request).filter(([,e])=>typeof e!="string"||!/^\{[\w.]+\}$/.test(e));return Object.fromEntries(s)}customElements.define("nis-operation",Be);var ps=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/documents",name:"Documents: add, search, ask",note:"Documents",icon:"documents"},{to:"#/documents/memory",name:"Memory: what is remembered",note:"Documents",icon:"documents"},{to:"#/agents",name:"Agents: make, run, test",note:"Agents",icon:"agents"},{to:"#/teams",name:"Teams of agents",note:"Agents",icon:"agents"},{to:"#/plans",name:"Plans of steps",note:"Agents",icon:"agents"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"#/models",name:"Models and prices",note:"Models",icon:"models"},{to:"#/models/routes",name:"Routes of models",note:"Models",icon:"models"},{to:"#/models/providers",name:"Providers of models",note:"Models",icon:"models"},{to:"#/models/changes",name:"Changes of routes, prices and budgets",note:"Models",icon:"models"},{to:"#/usage",name:"Usage and cost",note:"Usage",icon:"usage"},{to:"#/budgets",name:"Budgets",note:"Budgets",icon:"budgets"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],hs=12,Ge=class extends v{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}open(){this.query="",this.at=0,this.shown=!0,E().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),t=ps.filter(n=>n.name.toLowerCase().includes(e)),i=ae(this.lines,e).map(n=>({to:$(n.name),name:n.name,note:n.summary,icon:"play"}));return[...t,...i].slice(0,hs)}render(){if(!this.shown)return l;let{hits:e}=this;return a`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${p("explore")}
        <input
          type="search"
          placeholder="Find an operation or a page"
          aria-label="Find an operation or a page"
          role="combobox"
          aria-expanded="true"
          aria-controls="hits"
          aria-activedescendant="hit-${this.at}"
          autocomplete="off"
          spellcheck="false"
          autofocus
          @input=${t=>{this.query=t.target.value,this.at=0}}
          @keydown=${t=>this.press(t,e)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${e.map((t,r)=>a`<li
            id="hit-${r}"
            role="option"
            aria-selected=${r===this.at}
            @pointermove=${()=>this.at=r}
            @click=${()=>this.take(t)}
          >
            ${p(t.icon)}<span class="name">${t.name}</span><span class="note">${t.note}</span>
          </li>`)}
      </ul>
      ${e.length?l:a`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,t){let r={ArrowDown:1,ArrowUp:-1}[e.key];r?(e.preventDefault(),this.at=(this.at+r+t.length)%Math.max(1,t.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&t[this.at]&&(e.preventDefault(),this.take(t[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",Ge);var ms=["queued","waiting","model","tools","own"],gs={queued:"queued",waiting:"waiting",model:"model",tools:"tools",own:"nis"};function fs(o,s){let e={queued:0,waiting:0,model:0,tools:0,own:0},[t,r,i,n,d]=[o,!1,!1,!1,0];for(let{time:c,body:m}of s){let x=i||m.type==="started";switch(e[r?x?"waiting":n?"model":d>0?"tools":"own":"queued"]+=c-t,t=c,m.type){case"started":[r,i]=[!0,!1];break;case"released":i=!0;break;case"model_called":n=!0;break;case"model_answered":case"step_retried":n=!1;break;case"tool_called":d+=1;break;case"tool_answered":d-=1}}return e}function Ot(o,s){let e=fs(o,s),t=ms.filter(n=>e[n]>0),r=t.reduce((n,d)=>n+e[d],0);if(!r)return l;let i=t.map((n,d)=>t.slice(0,d+1).reduce((c,m)=>c+e[m],0));return a`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${r} 1" preserveAspectRatio="none" aria-hidden="true">
      ${t.map((n,d)=>se`<rect class=${n} x=${i[d]-e[n]} width=${e[n]} height="1" />`)}
    </svg>
    <figcaption>
      ${t.map(n=>a`<span class=${n}><i></i>${gs[n]} ${q(e[n],2)} <span class="note">${Math.round(100*e[n]/r)} %</span></span>`)}
    </figcaption>
  </figure>`}var vs=[["Fork","runs.fork_run"],["Replay","runs.get_replay"],["Export","runs.get_export"]],bs="the server is out of reach; the run goes on once it is back",Ve=class extends v{constructor(){super();this.log=new we(null);this.reading=new AbortController;this.paint=V(()=>this.requestUpdate());this.again=()=>{this.trouble&&X().state==="ok"?this.open():this.paint()};this.run=null,this.trouble=null,this.refused=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0},refused:{state:!0}}}connectedCallback(){super.connectedCallback(),A.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),A.removeEventListener("change",this.again),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new we(this.runId),[this.run,this.trouble,this.refused]=[null,null,null];try{this.run=await u(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await W(this.log,{changed:this.paint,waiting:ne,signal:e}),this.run=await u(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(t){if(e.aborted)return;this.trouble=L(t)}}async tell(e){let t=this.log.ended;this.refused=null;try{let r=await(await F(this.runId,e)).json();e==="retry"&&D({page:"run",id:r.id})}catch(r){(t||!this.log.ended)&&(this.refused=w(r))}}render(){let{run:e,log:t}=this,r=t.events.length?t.state:e?.state??"queued",i=Math.max(e?.attempt??0,t.attempt),n=e?(t.ended?e.updated:t.events.at(-1)?.time??e.updated)-e.created:0,d=t.events.reduce((c,{body:m})=>c+(m.type==="model_answered"?m.cost??0:0),0);return a`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?b(this.trouble,()=>{this.open()}):l}
      ${e?a`<header class="head">
            <h1><a href=${$(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${ue(r)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${K(e.created)}</span>
              <span>${q(n)}</span>
              <span>${t.seq||e.last_seq} events</span>
              ${d?a`<span><a href=${$("usage.list_calls",{run_id:e.id})} title="What its models cost: its calls">${g(d/B)}</a></span>`:l}
              ${i>1?a`<span>attempt ${i}</span>`:l}
              ${e.conversation_id?a`<a href=${h({page:"chat",id:e.conversation_id})}>its conversation</a>`:l}
              ${e.parent?a`<span>from <a class="id" href=${h({page:"run",id:e.parent})}>${e.parent}</a> after event ${e.parent_seq}</span>`:l}
              ${vt(r,c=>{this.tell(c)})}
              ${t.ended?vs.map(([c,m])=>a`<a href=${$(m,{id:e.id})}>${c}</a>`):l}
            </div>
          </header>
          ${this.refused?b(this.refused):l}
          ${t.asked?a`<nis-asked .runId=${e.id} .asked=${t.asked}></nis-asked>`:l}
          ${Ot(e.created,t.events)}
          <details class="panel"><summary>Request</summary>${C(T(e.input))}</details>`:l}
      <section aria-label="Events" aria-live=${t.ended?"off":"polite"}>${ee(t.events)}</section>
      ${e&&!t.ended&&!this.trouble?a`<p class="waiting"><span class="pulse"></span> <span>${X().state!=="ok"?bs:r==="running"?"live":r}</span></p>`:l}
    </div>`}};customElements.define("nis-run",Ve);var Ke="nis-theme",Je=()=>{let o=localStorage.getItem(Ke);return o==="light"||o==="dark"?o:"auto"};function jt(o){o==="auto"?localStorage.removeItem(Ke):localStorage.setItem(Ke,o),$s()}function $s(){document.documentElement.dataset.theme=Je()}var Ye=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"documents",also:"memory",name:"Documents",icon:"documents",to:"#/documents"},{page:"agents",also:"agent",name:"Agents",icon:"agents",to:"#/agents"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"},{page:"models",also:"models",name:"Models",icon:"models",to:"#/models"},{page:"usage",also:"usage",name:"Usage",icon:"usage",to:"#/usage"},{page:"budgets",also:"budgets",name:"Budgets",icon:"budgets",to:"#/budgets"}],ze=class extends v{constructor(){super();this.fetched=null;this.dialog=_();this.drawer=_();this.draw=()=>{this.drawn=!0,this.drawer.value.showModal()};this.forget=()=>{O.forget(),location.reload()};this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=G(location.hash),this.keyWanted=null,this.drawn=!1,Qe(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0},drawn:{state:!0}}}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.went()),A.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}went(){if(this.route=G(location.hash),Ut)return;scrollTo({top:0}),document.activeElement?.closest("main input, main textarea, dialog")||this.updateComplete.then(()=>this.querySelector("#main").focus({preventScroll:!0}))}askKey(e){return new Promise(t=>{let r=this.keyWanted;this.keyWanted={again:e||(r?.again??!1),give:i=>{r?.give(i),t(i)}}})}press(e){let t=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!t)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"||e.page==="agent"?`${e.name} · nis`:e.page==="chat"?"nis":`${Ye.find(t=>t.page===e.page||t.also===e.page).name} · nis`}render(){return a`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${p("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${ys}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${p("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${Ye.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${p("book")}<span>API reference</span></a>
          ${O.get()===null?l:a`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${p("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${Ye.map(e=>this.link(e))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${P(this.drawer)}
        @click=${e=>(e.target===e.currentTarget||e.target.closest("a"))&&this.drawer.value.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${p("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${()=>this.drawer.value.close()}>${p("close")}</button>
        </div>
        ${this.drawn?a`<nis-conversations></nis-conversations>`:l}
      </dialog>
      <nis-palette></nis-palette>
      <nis-act></nis-act>
      ${this.keyDialog()}
    `}link(e){let t=this.route.page===e.page||this.route.page===e.also;return a`<a href=${e.to} aria-current=${t?"page":l}>${p(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return a`<nis-chat .conversationId=${e.id}></nis-chat>`;case"documents":case"memory":return this.later(t=>t.library(e));case"agents":case"agent":return this.later(t=>t.agents(e));case"explore":return a`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return a`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return a`<nis-runs .state=${e.state}></nis-runs>`;case"run":return a`<nis-run .runId=${e.id}></nis-run>`;case"models":return Ct(e.part);case"usage":return a`<nis-usage .chosen=${e}></nis-usage>`;case"budgets":return a`<nis-budgets></nis-budgets>`}}later(e){return this.fetched||this.fetch(),this.fetched?e(this.fetched):a`<div class="column"><div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div></div>`}fetch(){import("./later.js").then(e=>{this.fetched=e,this.requestUpdate()},L)}status(){let e=X(),t={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return a`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${t}</span></p>`}themes(){let e=Je(),t={auto:"light",light:"dark",dark:"auto"},r={auto:"auto",light:"sun",dark:"moon"},i={auto:"as the system",light:"light",dark:"dark"};return a`<button
      class="ghost"
      title="Theme: ${i[e]}"
      aria-label="Theme: ${i[e]}. Change to ${i[t[e]]}"
      @click=${()=>{jt(t[e]),this.requestUpdate()}}
    >
      ${p(r[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return l;let{again:e,give:t}=this.keyWanted;return a`<dialog class="key" ${P(this.dialog)} aria-labelledby="key-title" @cancel=${r=>r.preventDefault()}>
      <form
        method="dialog"
        @submit=${r=>{let i=new FormData(r.currentTarget).get("key");this.keyWanted=null,t(String(i).trim()),this.updateComplete.then(()=>this.querySelector("#message, [data-first]")?.focus())}}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${e?a`<strong class="bad">That key was not accepted.</strong> `:l}It is the value of NIS_API_KEY where the
          server runs, or what <code>nis keys create</code> answered, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`}},ys=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`,Ut=!1;globalThis.navigation?.addEventListener("navigate",o=>{Ut=o.navigationType==="traverse"||o.navigationType==="replace"});customElements.define("nis-console",ze);export{ze as NisConsole};
