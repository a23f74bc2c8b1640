var dt=globalThis,pt=dt.ShadowRoot&&(dt.ShadyCSS===void 0||dt.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,an=Symbol(),on=new WeakMap,ut=class{constructor(s,e,n){if(this._$cssResult$=!0,n!==an)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=s,this.t=e}get styleSheet(){let s=this.o,e=this.t;if(pt&&s===void 0){let n=e!==void 0&&e.length===1;n&&(s=on.get(e)),s===void 0&&((this.o=s=new CSSStyleSheet).replaceSync(this.cssText),n&&on.set(e,s))}return s}toString(){return this.cssText}},ln=t=>new ut(typeof t=="string"?t:t+"",void 0,an);var cn=(t,s)=>{if(pt)t.adoptedStyleSheets=s.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of s){let n=document.createElement("style"),r=dt.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,t.appendChild(n)}},Bt=pt?t=>t:t=>t instanceof CSSStyleSheet?(s=>{let e="";for(let n of s.cssRules)e+=n.cssText;return ln(e)})(t):t;var{is:Lr,defineProperty:Or,getOwnPropertyDescriptor:qr,getOwnPropertyNames:Ir,getOwnPropertySymbols:jr,getPrototypeOf:Dr}=Object,ht=globalThis,dn=ht.trustedTypes,Nr=dn?dn.emptyScript:"",Ur=ht.reactiveElementPolyfillSupport,Ue=(t,s)=>t,Gt={toAttribute(t,s){switch(s){case Boolean:t=t?Nr:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,s){let e=t;switch(s){case Boolean:e=t!==null;break;case Number:e=t===null?null:Number(t);break;case Object:case Array:try{e=JSON.parse(t)}catch{e=null}}return e}},pn=(t,s)=>!Lr(t,s),un={attribute:!0,type:String,converter:Gt,reflect:!1,useDefault:!1,hasChanged:pn};Symbol.metadata??=Symbol("metadata"),ht.litPropertyMetadata??=new WeakMap;var se=class extends HTMLElement{static addInitializer(s){this._$Ei(),(this.l??=[]).push(s)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(s,e=un){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(s)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(s,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(s,n,e);r!==void 0&&Or(this.prototype,s,r)}}static getPropertyDescriptor(s,e,n){let{get:r,set:i}=qr(this.prototype,s)??{get(){return this[e]},set(a){this[e]=a}};return{get:r,set(a){let l=r?.call(this);i?.call(this,a),this.requestUpdate(s,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(s){return this.elementProperties.get(s)??un}static _$Ei(){if(this.hasOwnProperty(Ue("elementProperties")))return;let s=Dr(this);s.finalize(),s.l!==void 0&&(this.l=[...s.l]),this.elementProperties=new Map(s.elementProperties)}static finalize(){if(this.hasOwnProperty(Ue("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(Ue("properties"))){let e=this.properties,n=[...Ir(e),...jr(e)];for(let r of n)this.createProperty(r,e[r])}let s=this[Symbol.metadata];if(s!==null){let e=litPropertyMetadata.get(s);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(s){let e=[];if(Array.isArray(s)){let n=new Set(s.flat(1/0).reverse());for(let r of n)e.unshift(Bt(r))}else s!==void 0&&e.push(Bt(s));return e}static _$Eu(s,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof s=="string"?s.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(s=>this.enableUpdating=s),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(s=>s(this))}addController(s){(this._$EO??=new Set).add(s),this.renderRoot!==void 0&&this.isConnected&&s.hostConnected?.()}removeController(s){this._$EO?.delete(s)}_$E_(){let s=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(s.set(n,this[n]),delete this[n]);s.size>0&&(this._$Ep=s)}createRenderRoot(){let s=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return cn(s,this.constructor.elementStyles),s}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(s=>s.hostConnected?.())}enableUpdating(s){}disconnectedCallback(){this._$EO?.forEach(s=>s.hostDisconnected?.())}attributeChangedCallback(s,e,n){this._$AK(s,n)}_$ET(s,e){let n=this.constructor.elementProperties.get(s),r=this.constructor._$Eu(s,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:Gt).toAttribute(e,n.type);this._$Em=s,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(s,e){let n=this.constructor,r=n._$Eh.get(s);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),a=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:Gt;this._$Em=r;let l=a.fromAttribute(e,i.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(s,e,n,r=!1,i){if(s!==void 0){let a=this.constructor;if(r===!1&&(i=this[s]),n??=a.getPropertyOptions(s),!((n.hasChanged??pn)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(s)&&!this.hasAttribute(a._$Eu(s,n))))return;this.C(s,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(s,e,{useDefault:n,reflect:r,wrapped:i},a){n&&!(this._$Ej??=new Map).has(s)&&(this._$Ej.set(s,a??e??this[s]),i!==!0||a!==void 0)||(this._$AL.has(s)||(this.hasUpdated||n||(e=void 0),this._$AL.set(s,e)),r===!0&&this._$Em!==s&&(this._$Eq??=new Set).add(s))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let s=this.scheduleUpdate();return s!=null&&await s,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:a}=i,l=this[r];a!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,i,l)}}let s=!1,e=this._$AL;try{s=this.shouldUpdate(e),s?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw s=!1,this._$EM(),n}s&&this._$AE(e)}willUpdate(s){}_$AE(s){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(s)),this.updated(s)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(s){return!0}update(s){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(s){}firstUpdated(s){}};se.elementStyles=[],se.shadowRootOptions={mode:"open"},se[Ue("elementProperties")]=new Map,se[Ue("finalized")]=new Map,Ur?.({ReactiveElement:se}),(ht.reactiveElementVersions??=[]).push("2.1.2");var zt=globalThis,hn=t=>t,mt=zt.trustedTypes,mn=mt?mt.createPolicy("lit-html",{createHTML:t=>t}):void 0,Jt="$lit$",ne=`lit$${Math.random().toFixed(9).slice(2)}$`,Yt="?"+ne,Hr=`<${Yt}>`,ve=document,Fe=()=>ve.createComment(""),Ve=t=>t===null||typeof t!="object"&&typeof t!="function",Qt=Array.isArray,yn=t=>Qt(t)||typeof t?.[Symbol.iterator]=="function",Kt=`[ 	
\f\r]`,He=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,gn=/-->/g,fn=/>/g,be=RegExp(`>|${Kt}(?:([^\\s"'>=/]+)(${Kt}*=${Kt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),bn=/'/g,$n=/"/g,wn=/^(?:script|style|textarea|title)$/i,Xt=t=>(s,...e)=>({_$litType$:t,strings:s,values:e}),o=Xt(1),H=Xt(2),Zo=Xt(3),P=Symbol.for("lit-noChange"),c=Symbol.for("lit-nothing"),vn=new WeakMap,$e=ve.createTreeWalker(ve,129);function kn(t,s){if(!Qt(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return mn!==void 0?mn.createHTML(s):s}var xn=(t,s)=>{let e=t.length-1,n=[],r,i=s===2?"<svg>":s===3?"<math>":"",a=He;for(let l=0;l<e;l++){let d=t[l],u,m,h=-1,b=0;for(;b<d.length&&(a.lastIndex=b,m=a.exec(d),m!==null);)b=a.lastIndex,a===He?m[1]==="!--"?a=gn:m[1]!==void 0?a=fn:m[2]!==void 0?(wn.test(m[2])&&(r=RegExp("</"+m[2],"g")),a=be):m[3]!==void 0&&(a=be):a===be?m[0]===">"?(a=r??He,h=-1):m[1]===void 0?h=-2:(h=a.lastIndex-m[2].length,u=m[1],a=m[3]===void 0?be:m[3]==='"'?$n:bn):a===$n||a===bn?a=be:a===gn||a===fn?a=He:(a=be,r=void 0);let p=a===be&&t[l+1].startsWith("/>")?" ":"";i+=a===He?d+Hr:h>=0?(n.push(u),d.slice(0,h)+Jt+d.slice(h)+ne+p):d+ne+(h===-2?l:p)}return[kn(t,i+(t[e]||"<?>")+(s===2?"</svg>":s===3?"</math>":"")),n]},We=class t{constructor({strings:s,_$litType$:e},n){let r;this.parts=[];let i=0,a=0,l=s.length-1,d=this.parts,[u,m]=xn(s,e);if(this.el=t.createElement(u,n),$e.currentNode=this.el.content,e===2||e===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(r=$e.nextNode())!==null&&d.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let h of r.getAttributeNames())if(h.endsWith(Jt)){let b=m[a++],p=r.getAttribute(h).split(ne),y=/([.?@])?(.*)/.exec(b);d.push({type:1,index:i,name:y[2],strings:p,ctor:y[1]==="."?ft:y[1]==="?"?bt:y[1]==="@"?$t:we}),r.removeAttribute(h)}else h.startsWith(ne)&&(d.push({type:6,index:i}),r.removeAttribute(h));if(wn.test(r.tagName)){let h=r.textContent.split(ne),b=h.length-1;if(b>0){r.textContent=mt?mt.emptyScript:"";for(let p=0;p<b;p++)r.append(h[p],Fe()),$e.nextNode(),d.push({type:2,index:++i});r.append(h[b],Fe())}}}else if(r.nodeType===8)if(r.data===Yt)d.push({type:2,index:i});else{let h=-1;for(;(h=r.data.indexOf(ne,h+1))!==-1;)d.push({type:7,index:i}),h+=ne.length-1}i++}}static createElement(s,e){let n=ve.createElement("template");return n.innerHTML=s,n}};function ye(t,s,e=t,n){if(s===P)return s;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=Ve(s)?void 0:s._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(t),r._$AT(t,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(s=ye(t,r._$AS(t,s.values),r,n)),s}var gt=class{constructor(s,e){this._$AV=[],this._$AN=void 0,this._$AD=s,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(s){let{el:{content:e},parts:n}=this._$AD,r=(s?.creationScope??ve).importNode(e,!0);$e.currentNode=r;let i=$e.nextNode(),a=0,l=0,d=n[0];for(;d!==void 0;){if(a===d.index){let u;d.type===2?u=new Pe(i,i.nextSibling,this,s):d.type===1?u=new d.ctor(i,d.name,d.strings,this,s):d.type===6&&(u=new vt(i,this,s)),this._$AV.push(u),d=n[++l]}a!==d?.index&&(i=$e.nextNode(),a++)}return $e.currentNode=ve,r}p(s){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(s,n,e),e+=n.strings.length-2):n._$AI(s[e])),e++}},Pe=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(s,e,n,r){this.type=2,this._$AH=c,this._$AN=void 0,this._$AA=s,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let s=this._$AA.parentNode,e=this._$AM;return e!==void 0&&s?.nodeType===11&&(s=e.parentNode),s}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(s,e=this){s=ye(this,s,e),Ve(s)?s===c||s==null||s===""?(this._$AH!==c&&this._$AR(),this._$AH=c):s!==this._$AH&&s!==P&&this._(s):s._$litType$!==void 0?this.$(s):s.nodeType!==void 0?this.T(s):yn(s)?this.k(s):this._(s)}O(s){return this._$AA.parentNode.insertBefore(s,this._$AB)}T(s){this._$AH!==s&&(this._$AR(),this._$AH=this.O(s))}_(s){this._$AH!==c&&Ve(this._$AH)?this._$AA.nextSibling.data=s:this.T(ve.createTextNode(s)),this._$AH=s}$(s){let{values:e,_$litType$:n}=s,r=typeof n=="number"?this._$AC(s):(n.el===void 0&&(n.el=We.createElement(kn(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new gt(r,this),a=i.u(this.options);i.p(e),this.T(a),this._$AH=i}}_$AC(s){let e=vn.get(s.strings);return e===void 0&&vn.set(s.strings,e=new We(s)),e}k(s){Qt(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of s)r===e.length?e.push(n=new t(this.O(Fe()),this.O(Fe()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(s=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);s!==this._$AB;){let n=hn(s).nextSibling;hn(s).remove(),s=n}}setConnected(s){this._$AM===void 0&&(this._$Cv=s,this._$AP?.(s))}},we=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(s,e,n,r,i){this.type=1,this._$AH=c,this._$AN=void 0,this.element=s,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=c}_$AI(s,e=this,n,r){let i=this.strings,a=!1;if(i===void 0)s=ye(this,s,e,0),a=!Ve(s)||s!==this._$AH&&s!==P,a&&(this._$AH=s);else{let l=s,d,u;for(s=i[0],d=0;d<i.length-1;d++)u=ye(this,l[n+d],e,d),u===P&&(u=this._$AH[d]),a||=!Ve(u)||u!==this._$AH[d],u===c?s=c:s!==c&&(s+=(u??"")+i[d+1]),this._$AH[d]=u}a&&!r&&this.j(s)}j(s){s===c?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,s??"")}},ft=class extends we{constructor(){super(...arguments),this.type=3}j(s){this.element[this.name]=s===c?void 0:s}},bt=class extends we{constructor(){super(...arguments),this.type=4}j(s){this.element.toggleAttribute(this.name,!!s&&s!==c)}},$t=class extends we{constructor(s,e,n,r,i){super(s,e,n,r,i),this.type=5}_$AI(s,e=this){if((s=ye(this,s,e,0)??c)===P)return;let n=this._$AH,r=s===c&&n!==c||s.capture!==n.capture||s.once!==n.once||s.passive!==n.passive,i=s!==c&&(n===c||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,s),this._$AH=s}handleEvent(s){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,s):this._$AH.handleEvent(s)}},vt=class{constructor(s,e,n){this.element=s,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(s){ye(this,s)}},Tn={M:Jt,P:ne,A:Yt,C:1,L:xn,R:gt,D:yn,V:ye,I:Pe,H:we,N:bt,U:$t,B:ft,F:vt},Fr=zt.litHtmlPolyfillSupport;Fr?.(We,Pe),(zt.litHtmlVersions??=[]).push("3.3.3");var _n=(t,s,e)=>{let n=e?.renderBefore??s,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new Pe(s.insertBefore(Fe(),i),i,void 0,e??{})}return r._$AI(t),r};var Zt=globalThis,ae=class extends se{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let s=super.createRenderRoot();return this.renderOptions.renderBefore??=s.firstChild,s}update(s){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(s),this._$Do=_n(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return P}};ae._$litElement$=!0,ae.finalized=!0,Zt.litElementHydrateSupport?.({LitElement:ae});var Vr=Zt.litElementPolyfillSupport;Vr?.({LitElement:ae});(Zt.litElementVersions??=[]).push("4.2.2");var{I:Wr}=Tn,Rn=t=>t;var yt=t=>t.strings===void 0,Sn=()=>document.createComment(""),Me=(t,s,e)=>{let n=t._$AA.parentNode,r=s===void 0?t._$AB:s._$AA;if(e===void 0){let i=n.insertBefore(Sn(),r),a=n.insertBefore(Sn(),r);e=new Wr(i,a,t,t.options)}else{let i=e._$AB.nextSibling,a=e._$AM,l=a!==t;if(l){let d;e._$AQ?.(t),e._$AM=t,e._$AP!==void 0&&(d=t._$AU)!==a._$AU&&e._$AP(d)}if(i!==r||l){let d=e._$AA;for(;d!==i;){let u=Rn(d).nextSibling;Rn(n).insertBefore(d,r),d=u}}}return e},le=(t,s,e=t)=>(t._$AI(s,e),t),Br={},wt=(t,s=Br)=>t._$AH=s,En=t=>t._$AH,kt=t=>{t._$AR(),t._$AA.remove()};var W={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},re=t=>(...s)=>({_$litDirective$:t,values:s}),J=class{constructor(s){}get _$AU(){return this._$AM._$AU}_$AT(s,e,n){this._$Ct=s,this._$AM=e,this._$Ci=n}_$AS(s,e){return this.update(s,e)}update(s,e){return this.render(...e)}};var Be=(t,s)=>{let e=t._$AN;if(e===void 0)return!1;for(let n of e)n._$AO?.(s,!1),Be(n,s);return!0},xt=t=>{let s,e;do{if((s=t._$AM)===void 0)break;e=s._$AN,e.delete(t),t=s}while(e?.size===0)},An=t=>{for(let s;s=t._$AM;t=s){let e=s._$AN;if(e===void 0)s._$AN=e=new Set;else if(e.has(t))break;e.add(t),zr(s)}};function Gr(t){this._$AN!==void 0?(xt(this),this._$AM=t,An(this)):this._$AM=t}function Kr(t,s=!1,e=0){let n=this._$AH,r=this._$AN;if(r!==void 0&&r.size!==0)if(s)if(Array.isArray(n))for(let i=e;i<n.length;i++)Be(n[i],!1),xt(n[i]);else n!=null&&(Be(n,!1),xt(n));else Be(this,t)}var zr=t=>{t.type==W.CHILD&&(t._$AP??=Kr,t._$AQ??=Gr)},Tt=class extends J{constructor(){super(...arguments),this._$AN=void 0}_$AT(s,e,n){super._$AT(s,e,n),An(this),this.isConnected=s._$AU}_$AO(s,e=!0){s!==this.isConnected&&(this.isConnected=s,s?this.reconnected?.():this.disconnected?.()),e&&(Be(this,s),xt(this))}setValue(s){if(yt(this._$Ct))this._$Ct._$AI(s,this);else{let e=[...this._$Ct._$AH];e[this._$Ci]=s,this._$Ct._$AI(e,this,0)}}disconnected(){}reconnected(){}};var B=()=>new ts,ts=class{},es=new WeakMap,G=re(class extends Tt{render(t){return c}update(t,[s]){let e=s!==this.G;return e&&this.rt(void 0),(e||this.lt!==this.ct)&&(this.G=s,this.ht=t.options?.host,this.rt(this.ct=t.element)),c}rt(t){if(this.G!==void 0)if(this.isConnected||(t=void 0),typeof this.G=="function"){let s=this.ht??globalThis,e=es.get(s);e===void 0&&(e=new WeakMap,es.set(s,e)),e.get(this.G)!==void 0&&this.G.call(this.ht,void 0),e.set(this.G,t),t!==void 0&&this.G.call(this.ht,t)}else this.G.value=t}get lt(){return typeof this.G=="function"?es.get(this.ht??globalThis)?.get(this.G):this.G?.value}disconnected(){this.lt===this.ct&&this.rt(void 0)}reconnected(){this.rt(this.ct)}});var ie=["succeeded","failed","cancelled"],M=class extends Error{constructor(e,n){super(e.detail);this.problem=e;this.status=n}},ss="nis-key",Y={get:()=>sessionStorage.getItem(ss),set:t=>sessionStorage.setItem(ss,t),forget:()=>sessionStorage.removeItem(ss)},Pn=()=>Promise.reject(new Error("nobody is asked for the key yet")),Mn=t=>{Pn=t};async function C(t,s={}){for(;;){let e=Y.get(),n=new Headers(s.headers);e!==null&&n.set("Authorization",`Bearer ${e}`);let r=await fetch(t,{cache:"no-store",...s,headers:n});if(r.status===401){Y.get()===e&&Y.set(await Pn(e!==null));continue}if(!r.ok)throw new M(await Jr(r),r.status);return r}}async function g(t,s={}){return await(await C(t,s)).json()}var A=(t,s,e={})=>({method:t,headers:{"Content-Type":"application/json",...e},body:JSON.stringify(s)});async function Jr(t){let s={title:"failure",detail:`The server answered ${t.status} ${t.statusText}.`};try{return{...s,...await t.json()}}catch{return s}}function k(t){return t instanceof M?t.problem:(t instanceof TypeError||console.error(t),{title:"no connection",detail:"The server cannot be reached.",remedy:"See that it is running, then try again.",retryable:!0})}var Yr=4e4;async function*_t(t){let s=t.body.pipeThrough(new TextDecoderStream).getReader(),e="";try{for(;;){let{value:n,done:r}=await Qr(Yr,s.read());if(r)return;e+=n;let i=e.split(/\r?\n\r?\n/);e=i.pop();for(let a of i){let l="message",d=[];for(let u of a.split(/\r?\n/))u.startsWith("event:")?l=u.slice(6).trim():u.startsWith("data:")&&d.push(u.slice(5).replace(/^ /,""));d.length&&(yield{event:l,data:d.join(`
`)})}}}finally{s.cancel().catch(()=>{})}}function Qr(t,s){return new Promise((e,n)=>{let r=setTimeout(()=>n(new TypeError("the connection fell silent")),t);s.then(e,n).finally(()=>clearTimeout(r))})}var ns=null;function F(){return ns??=g("/operations").then(({operations:t})=>t.map(Xr),t=>{throw ns=null,t}),ns}function Xr({id:t,routes:s,...e}){let[n="POST",r=""]=(s[0]??"").split(" ");return{...e,name:t,method:n,path:r}}var rs=new Map;function St(t){let s=rs.get(t)??g(`/operations/${encodeURIComponent(t)}`);return rs.set(t,s),s.catch(()=>rs.delete(t)),s}var q=(t,s)=>t.find(e=>e.name===s)??null,Q=t=>t.split(".")[0],Ge=t=>t.replace(".","-"),ke=(t,s)=>t.path.replace("{id}",encodeURIComponent(s));function is(t){let s=new Map;for(let{name:e}of t)s.set(Q(e),(s.get(Q(e))??0)+1);return[...s].sort(([e],[n])=>e.localeCompare(n))}var Rt=t=>t.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);function Et(t,s){let e=Rt(s);return e.length?t.map(n=>({line:n,score:Zr(n,e)})).filter(({score:n})=>n>0).sort((n,r)=>r.score-n.score||n.line.name.localeCompare(r.line.name)).map(({line:n})=>n):t}function Zr(t,s){let e=[[Rt(t.name),8],[Rt(t.summary),3]],n=0;for(let r of s){let i=0;for(let[a,l]of e)a.includes(r)?i=Math.max(i,2*l):a.some(d=>d.startsWith(r))?i=Math.max(i,1.5*l):r.length>2&&a.some(d=>d.includes(r))&&(i=Math.max(i,l));if(!i)return 0;n+=i}return n}var ei=3;async function Cn(t,s){if(Rt(t).length<ei)return[];let e={...A("POST",{query:t,limit:8}),signal:s};return(await g("/operations/search-operations",e)).operations.map(r=>r.id)}function x(t){if(t===0)return"0";let s=Math.abs(t),e=Number.isInteger(t)&&s<1e9?String(t):String(Number(t.toPrecision(6)));return(s>=1e9||s>=1e7&&!Number.isInteger(t)||s<1e-4?si(t):ti(e)).replace("-","−")}function ti(t){let[s,e]=t.split("."),n=s.replace("-","").length>4?s.replace(/\B(?=(\d{3})+$)/g," "):s;return e===void 0?n:`${n}.${e}`}function si(t){let[s,e]=t.toExponential(4).split("e"),n=[...e.replace("+","")].map(r=>r==="-"?"⁻":"⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(r)]).join("");return Number(s)===1?`10${n}`:`${Number(s)} × 10${n}`}function os(t,s,e){let n=s-t;if(!(n>1e-12*Math.max(Math.abs(t),Math.abs(s),1e-280)&&n<1e300))return t===s?[t]:[t,s];let r=n/e,i=10**Math.floor(Math.log10(r)),a=[1,2,5,10].map(u=>u*i).find(u=>u>=r*.999),l=Math.ceil(t/a-1e-9),d=Math.floor(s/a+1e-9);return Array.from({length:d-l+1},(u,m)=>(l+m)*a)}function X(t,s=1){return t<.9995?`${Math.max(0,Math.round(t*1e3))} ms`:t<60?`${t.toFixed(s)} s`:`${Math.floor(t/60)} min ${Math.round(t%60)} s`}var I=t=>t.replaceAll("_"," ");var ni=0,ri=6;function oe(t,s=void 0){return Ke("",t,t,s,!0,0)}function Ke(t,s,e,n,r,i){let a=Ce(s,e),l=i>ri?"json":ai(a,e),d=l==="union"?jn(a).map(m=>Ce(m,e)):[],u={id:++ni,name:t,schema:a,kind:l,required:r,forms:d,text:"",note:"",parts:[],given:n!=null,form:0};return l==="union"&&(u.form=Math.max(0,d.findIndex(m=>li(n,m,e)))),l==="group"||l==="list"||l==="union"?(r||u.given)&&At(u,e,n,i):u.given&&(u.text=oi(n,l)),u}function At(t,s,e=t.schema.default,n=1){t.given=!0;let{schema:r}=t;if(t.kind==="group"){let i=e??{};t.parts=Object.entries(r.properties??{}).map(([a,l])=>Ke(a,l,s,i[a],(r.required??[]).includes(a),n+1))}else if(t.kind==="list"){let i=Array.isArray(e)?e:Array.from({length:r.minItems??0},()=>{});t.parts=i.map((a,l)=>Ke(String(l),On(r,l),s,a,!0,n+1))}else t.kind==="union"&&(t.parts=[Ke(t.name,t.forms[t.form],s,e,!0,n+1)])}function Ln(t){t.given=!1,t.parts=[],t.text=""}var On=(t,s)=>t.prefixItems?.[s]??t.items??{};function qn(t,s){t.given=!0,t.parts=[...t.parts,Ke(String(t.parts.length),On(t.schema,t.parts.length),s,void 0,!0,2)]}function In(t,s,e){t.form=s,At(t,e,void 0)}function D(t){switch(t.kind){case"group":{if(!t.given)return;let s=t.parts.map(e=>[e.name,D(e)]);return Object.fromEntries(s.filter(([,e])=>e!==void 0))}case"list":return t.given?t.parts.map(s=>D(s)??null):void 0;case"union":return t.given&&t.parts[0]?D(t.parts[0]):void 0;case"fixed":return t.schema.const;default:return t.given?ii(t.text,t.kind,t.schema):void 0}}function ii(t,s,e){let n=t.trim();if(s==="text")return t===""&&e.minLength?void 0:t;if(n){if(s==="file"&&!n.startsWith("{"))return n;if(s==="choice")return ce(e).find(r=>de(r)===t)??t;if(s==="numbers")return n.replace(/^\[|\]$/g,"").split(/[\s,;]+/).filter(Boolean).map(i=>Number.isFinite(Number(i))?Number(i):i);try{return JSON.parse(n)}catch{return s!=="json"&&Number.isFinite(Number(n))?Number(n):n}}}function oi(t,s){return s==="numbers"&&Array.isArray(t)?t.join(", "):s==="json"?JSON.stringify(t,null,1):de(t)}var de=t=>typeof t=="string"?t:JSON.stringify(t),xe=(t,s)=>JSON.stringify(t)===JSON.stringify(s);function Te(t){let s=t.default;return s==null||s===""?"":Array.isArray(s)?s.join(", "):de(s)}function Ce(t,s){let e={...t};for(let n=0;n<8;n++){let{$ref:r,anyOf:i,allOf:a,...l}=e;if(r!==void 0){e={...s.$defs?.[r.replace("#/$defs/","")]??{},...l};continue}let d=(i??a??[]).filter(u=>u.type!=="null");if(d.length!==1)break;e={...d[0],...l}}return e}function ai(t,s){if(t.blob)return"file";if("const"in t&&(t.default===void 0||t.default===t.const))return"fixed";if(ce(t).length)return"choice";if(jn(t).length>1)return"union";switch(t.type){case"boolean":return"flag";case"integer":case"number":return t.type;case"string":return"text";case"array":{let e=t.items?Ce(t.items,s):{};return!t.prefixItems&&["number","integer"].includes(e.type??"")?"numbers":"list"}case"object":return t.properties?"group":"json";default:return"json"}}var jn=t=>(t.oneOf??t.anyOf??[]).filter(s=>s.type!=="null"),ce=t=>"const"in t?[t.const]:(t.enum??[]).filter(s=>s!==null);function li(t,s,e){if(t==null)return!1;if(ce(s).length)return ce(s).includes(t);let n=Array.isArray(t)?"array":typeof t;return n!=="object"?s.type===n||s.type==="integer"&&Number.isInteger(t):s.type!=="object"?!1:Object.entries(t).every(([i,a])=>{let l=s.properties?.[i];if(!l)return s.additionalProperties!==!1&&!s.properties;let{const:d}=Ce(l,e);return d===void 0||d===a})}var Dn=(t,s)=>t.title??(ce(t).length?ce(t).map(de).join(", "):t.type)??`form ${s+1}`;function Nn(t){let{minimum:s,maximum:e,exclusiveMinimum:n,exclusiveMaximum:r,minItems:i,maxItems:a}=t,l=[];return s!==void 0&&e!==void 0?l.push(`${x(s)} to ${x(e)}`):s!==void 0?l.push(`${x(s)} or more`):n!==void 0&&l.push(`above ${x(n)}`),e!==void 0&&s===void 0&&l.push(`at most ${x(e)}`),r!==void 0&&l.push(`below ${x(r)}`),i&&a!==void 0?l.push(i===a?`${i} of them`:`${i} to ${x(a)} of them`):a!==void 0?l.push(`at most ${x(a)} of them`):i&&l.push(`at least ${i} of them`),l.join(", ")}var ze=re(class extends J{constructor(t){if(super(t),t.type!==W.PROPERTY&&t.type!==W.ATTRIBUTE&&t.type!==W.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!yt(t))throw Error("`live` bindings can only contain a single expression")}render(t){return t}update(t,[s]){if(s===P||s===c)return s;let e=t.element,n=t.name;if(t.type===W.PROPERTY){if(s===e[n])return P}else if(t.type===W.BOOLEAN_ATTRIBUTE){if(!!s===e.hasAttribute(n))return P}else if(t.type===W.ATTRIBUTE&&e.getAttribute(n)===s+"")return P;return wt(t),s}});var Un=(t,s,e)=>{let n=new Map;for(let r=s;r<=e;r++)n.set(t[r],r);return n},as=re(class extends J{constructor(t){if(super(t),t.type!==W.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,s,e){let n;e===void 0?e=s:s!==void 0&&(n=s);let r=[],i=[],a=0;for(let l of t)r[a]=n?n(l,a):a,i[a]=e(l,a),a++;return{values:i,keys:r}}render(t,s,e){return this.dt(t,s,e).values}update(t,[s,e,n]){let r=En(t),{values:i,keys:a}=this.dt(s,e,n);if(!Array.isArray(r))return this.ut=a,i;let l=this.ut??=[],d=[],u,m,h=0,b=r.length-1,p=0,y=i.length-1;for(;h<=b&&p<=y;)if(r[h]===null)h++;else if(r[b]===null)b--;else if(l[h]===a[p])d[p]=le(r[h],i[p]),h++,p++;else if(l[b]===a[y])d[y]=le(r[b],i[y]),b--,y--;else if(l[h]===a[y])d[y]=le(r[h],i[y]),Me(t,d[y+1],r[h]),h++,y--;else if(l[b]===a[p])d[p]=le(r[b],i[p]),Me(t,r[h],r[b]),b--,p++;else if(u===void 0&&(u=Un(a,p,y),m=Un(l,h,b)),u.has(l[h]))if(u.has(l[b])){let te=m.get(a[p]),Wt=te!==void 0?r[te]:null;if(Wt===null){let rn=Me(t,r[h]);le(rn,i[p]),d[p]=rn}else d[p]=le(Wt,i[p]),Me(t,r[h],Wt),r[te]=null;p++}else kt(r[b]),b--;else kt(r[h]),h++;for(;p<=y;){let te=Me(t,d[y+1]);le(te,i[p]),d[p++]=te}for(;h<=b;){let te=r[h++];te!==null&&kt(te)}return this.ut=a,wt(t,d),P}});var f=class extends ae{createRenderRoot(){return this}};var ci={},ue=re(class extends J{constructor(){super(...arguments),this.ot=ci}render(t,s){return s()}update(t,[s,e]){if(Array.isArray(s)){if(Array.isArray(this.ot)&&this.ot.length===s.length&&s.every((n,r)=>n===this.ot[r]))return P}else if(this.ot===s)return P;return this.ot=Array.isArray(s)?Array.from(s):s,this.render(s,e)}});function N(t){return di(t.replaceAll(`\r
`,`
`)).map(s=>ue([s],()=>ls(s.split(`
`),0)))}function di(t){let s=[],e=0,n="";for(let r=0;r<t.length;){let i=t.indexOf(`
`,r)+1||t.length,a=t.slice(r,i),l=/^\s*(```+|~~~+)/.exec(a)?.[1]??"";(n?l.startsWith(n):l)&&(n=n?"":l),!n&&!l&&!a.trim()&&/[^\s>\-*+\d]/.test(t[i]??"")&&(s.push(t.slice(e,i)),e=i),r=i}return[...s,t.slice(e)]}var Hn=6,Je=/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;function ls(t,s){let e=[],n=0,r=i=>{let a=n;for(;n<t.length&&i(t[n]);)n++;return t.slice(a,n)};for(;n<t.length;){let i=t[n],a=/^\s*(```+|~~~+)/.exec(i)?.[1],l=/^(#{1,6})\s+(.*?)\s*#*$/.exec(i);if(!i.trim())n++;else if(a){n++;let d=r(u=>!u.trim().startsWith(a));n++,e.push(o`<pre tabindex="0"><code>${d.join(`
`)}</code></pre>`)}else if(l)n++,e.push(l[1].length<3?o`<h3>${S(l[2])}</h3>`:o`<h4>${S(l[2])}</h4>`);else if(/^\s*([-*_])(\s*\1){2,}\s*$/.test(i))n++,e.push(o`<hr />`);else if(i.startsWith(">")&&s<Hn){let d=r(u=>u.startsWith(">")).map(u=>u.replace(/^> ?/,""));e.push(o`<blockquote>${ls(d,s+1)}</blockquote>`)}else if(Je.test(i)&&s<Hn)e.push(pi(r(d=>Je.test(d)||/^\s+\S/.test(d)),s));else if(i.includes("|")&&/^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(t[n+1]??"")){let[d,,...u]=r(m=>m.includes("|")).map(ui);e.push(o`<div class="wide" tabindex="0">
        <table>
          <thead><tr>${d.map(m=>o`<th scope="col">${S(m)}</th>`)}</tr></thead>
          <tbody>${u.map(m=>o`<tr>${m.map(h=>o`<td>${S(h)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`)}else{let d=n++;r(u=>u.trim()!==""&&!/^\s*(```|~~~|#{1,6}\s|>)/.test(u)&&!Je.test(u)),e.push(o`<p>${hi(t.slice(d,n))}</p>`)}}return e}function ui(t){return t.trim().replace(/^\||\|$/g,"").split("|").map(s=>s.trim())}function pi(t,s){let e=Je.exec(t[0])[1].length,n=[];for(let a of t){let l=Je.exec(a);l&&l[1].length<=e+1?n.push([l[3]]):n.at(-1).push(a.slice(Math.min(e+2,a.search(/\S/))))}let r=n.map(([a,...l])=>o`<li>${S(a)}${ls(l,s+1)}</li>`),i=/^\s*(\d+)/.exec(t[0])?.[1];return i===void 0?o`<ul>${r}</ul>`:o`<ol start=${i}>${r}</ol>`}function hi(t){return t.map((e,n)=>n<t.length-1?e.replace(/ {2,}$|\\$/,"\0"):e.trimEnd()).join(`
`).split(`\0
`).flatMap((e,n)=>n?[o`<br />`,...S(e)]:S(e))}var mi=/(?<ticks>`{1,3})(?<code>[^`]{1,2000})\k<ticks>|\*\*(?<strong>(?=\S)[^*]{1,2000}?\S?)\*\*|__(?<under>(?=\S)[^_]{1,2000}?)__|\*(?<em>(?=\S)[^*\n]{1,2000}?)\*|(?<![\w])_(?<slant>(?=\S)[^_\n]{1,2000}?)_(?![\w])|\[(?<label>[^[\]\n]{1,1000})\]\((?<target>[^)\s]{1,2000})\)|(?<bare>https?:\/\/[^\s<>"')\]]{1,2000}[^\s<>"')\].,;:!?])|\\(?<escaped>[\\`*_[\]()#+\-.!>|~])/g;function S(t){let s=[],e=0;for(let n of t.matchAll(mi)){s.push(t.slice(e,n.index)),e=n.index+n[0].length;let{code:r,strong:i,under:a,em:l,slant:d,label:u,target:m,bare:h,escaped:b}=n.groups,p=i??a,y=l??d;r!==void 0?s.push(o`<code>${r}</code>`):p!==void 0?s.push(o`<strong>${S(p)}</strong>`):y!==void 0?s.push(o`<em>${S(y)}</em>`):u!==void 0?s.push(Fn(m,S(u),n[0])):h!==void 0?s.push(Fn(h,[h],h)):s.push(b)}return s.push(t.slice(e)),s.filter(n=>n!=="")}function Fn(t,s,e){let n=URL.canParse(t)?new URL(t):null;return n===null||!["http:","https:"].includes(n.protocol)?e:o`<a href=${n.href} target="_blank" rel="noopener noreferrer nofollow">${s}</a>`}function Pt(t){let s=new FormData;return s.append("content",t),g("/blobs",{method:"POST",body:s})}function Ye(t){return t<1e3?`${t} bytes`:t<1e6?`${(t/1e3).toFixed(1)} kB`:`${(t/1e6).toFixed(1)} MB`}function us(t,s=0){if(typeof t!="object"||t===null||s>3)return[];let e=t;return e.id&&e.media_type&&typeof e.size=="number"&&e.sha256?.length===64?[e]:Object.values(t).flatMap(n=>us(n,s+1)).slice(0,gi)}function Vn(t){let s=t??{};return[s.name,s.media_type,s.text].every(e=>typeof e=="string")?s:null}var gi=8,fi=32e6,Wn=2e4,cs=class extends f{static{this.properties={blob:{attribute:!1},address:{state:!0},text:{state:!0},trouble:{state:!0}}}constructor(){super(),[this.address,this.text,this.trouble]=[null,null,""]}disconnectedCallback(){super.disconnectedCallback(),this.address&&URL.revokeObjectURL(this.address)}willUpdate(s){let e=s.get("blob");s.has("blob")&&e?.id!==this.blob.id&&this.load()}async load(){if(this.address&&URL.revokeObjectURL(this.address),[this.address,this.text,this.trouble]=[null,null,""],this.blob.size>fi)return void(this.trouble="It is too large to be shown here.");try{let s=`/blobs/${encodeURIComponent(this.blob.id)}/content`,e=await(await C(s,{headers:{Accept:`${this.blob.media_type}, */*;q=0.5`}})).blob();this.address=URL.createObjectURL(e),/^text\/|json$/.test(this.blob.media_type)&&(this.text=(await e.text()).slice(0,Wn))}catch(s){this.trouble=k(s).detail}}render(){let{blob:s,address:e}=this;return o`<figure class="blob">
      <figcaption>${s.name||s.id} <span class="note">${s.media_type}, ${Ye(s.size)}</span></figcaption>
      ${e?this.shown(e):this.trouble?c:o`<p class="waiting"><span class="pulse"></span> reading</p>`}
      ${this.trouble?o`<p class="note">${this.trouble}</p>`:c}
      ${e?o`<a href=${e} download=${s.name||s.id}>Save</a>`:c}
    </figure>`}shown(s){let e=this.blob.media_type;return/^image\/(png|jpeg|gif|webp|avif)$/.test(e)?o`<img src=${s} alt=${this.blob.name||"image"} />`:e.startsWith("audio/")?o`<audio controls src=${s}></audio>`:e.startsWith("video/")?o`<video controls src=${s}></video>`:this.text===null?c:o`<pre class="code-block" tabindex="0"><code>${this.text}</code></pre>`}};customElements.define("nis-blob",cs);var ds=class extends f{constructor(){super(...arguments);this.address=""}static{this.properties={file:{attribute:!1}}}disconnectedCallback(){super.disconnectedCallback(),URL.revokeObjectURL(this.address)}willUpdate(){URL.revokeObjectURL(this.address),this.address=URL.createObjectURL(new Blob([this.file.text],{type:this.file.media_type}))}render(){let{name:e,media_type:n,text:r}=this.file;return o`<figure class="blob">
      <figcaption>${e} <span class="note">${n}</span></figcaption>
      ${n==="text/markdown"?o`<div class="prose">${N(r)}</div>`:o`<pre class="code-block" tabindex="0"><code>${r.slice(0,Wn)}</code></pre>`}
      <a href=${this.address} download=${e}>Save</a>
    </figure>`}};customElements.define("nis-text",ds);var hs="offered-models",ps=!1;function Bn(){ps||(ps=!0,g("/models?limit=1000").then(({models:t})=>{let s=document.createElement("datalist");s.id=hs,s.append(...t.map(({provider:e,name:n})=>new Option("",`${e}:${n}`))),document.body.append(s)},()=>ps=!1))}function U(t,s,e=""){let n=t.filter(i=>i.kind!=="fixed"),r=as(n,i=>i.id,i=>ms(i,s,e?`${e}.${i.name}`:i.name));return o`<div class="fields">${r}</div>`}var Gn=({kind:t,schema:s})=>t==="text"&&(s.maxLength??0)>1e3;function ms(t,s,e){if(t.kind==="group"||t.kind==="list"||t.kind==="union")return wi(t,s,e);let n=`${s.id}-${e}`,r=s.errors.get(e),a=[Nn(t.schema),bi(t)].filter(Boolean).join(" · "),l=[r?`${n}-error`:"",t.schema.description||a?`${n}-hint`:""].filter(Boolean).join(" "),d=["json","numbers","file"].includes(t.kind)||Gn(t);return o`<div class="field ${r?"wrong":""} ${d?"broad":""} ${t.required?"":"optional"}" data-path=${e}>
    <label for=${n}>${Kn(t,e)}</label>
    ${$i(t,s,n,l,!!r)}
    ${r?o`<p class="error" id="${n}-error">${r}</p>`:c}
    ${t.schema.description||a?o`<p class="hint" id="${n}-hint">
          ${t.schema.description?S(t.schema.description):c} ${a?o`<span class="limits">${a}</span>`:c}
        </p>`:c}
  </div>`}function bi({schema:t,kind:s}){let e=Te(t);return!e||s==="flag"||s==="choice"?"":`default ${typeof t.default=="number"?x(t.default):e}`}function Kn(t,s){let{unit:e}=t.schema,n=s.slice(s.lastIndexOf(".")+1),r=/^\d+$/.test(n)?`${Number(n)+1}`:I(n);return o`<span class="name">${r}</span>${e?o` <span class="unit">${e}</span>`:c}${t.required?o`<span class="must" title="has to be given">required</span>`:c}`}function $i(t,s,e,n,r){let i=m=>{t.text=m,t.given=m!==""||t.kind==="text"&&t.required,s.changed()},a=m=>i(m.target.value),{schema:l,kind:d}=t,u=n||c;if(d==="flag"&&(typeof l.default=="boolean"||t.required)){let m=t.given?t.text==="true":l.default===!0;return t.required&&!t.given&&i("false"),o`<input
      type="checkbox" role="switch" id=${e} name=${e} .checked=${ze(m)} aria-describedby=${u} aria-invalid=${r}
      @change=${h=>i(String(h.target.checked))}
    />`}if(d==="choice"||d==="flag"){let m=d==="flag"?["true","false"]:ce(l).map(de),h=Te(l)?`${Te(l)} (default)`:t.required?"choose…":"not given";return o`<select id=${e} name=${e} ?required=${t.required} aria-describedby=${u} aria-invalid=${r} @change=${a}>
      <option value="" .selected=${!t.given}>${h}</option>
      ${m.map(b=>o`<option value=${b} .selected=${t.given&&b===t.text}>${b}</option>`)}
    </select>`}return d==="file"?yi(t,s,e,u,r):d==="json"||d==="numbers"||Gn(t)?o`<textarea
      id=${e} name=${e} class=${d==="text"?"":"code"} rows=${d==="json"?3:1} spellcheck=${d==="text"}
      placeholder=${d==="numbers"?Te(l)||"1, 2, 3":d==="json"?vi(l):Te(l)}
      ?required=${t.required} aria-describedby=${u} aria-invalid=${r} .value=${ze(t.text)} @input=${a}
    ></textarea>`:o`<input
    id=${e}
    name=${e}
    type=${d==="text"?"text":"number"}
    inputmode=${d==="text"?"text":"decimal"}
    step=${d==="integer"?"1":"any"}
    min=${l.minimum??c}
    max=${l.maximum??c}
    maxlength=${l.maxLength??c}
    list=${t.name==="model"?hs:c}
    placeholder=${Te(l)}
    autocomplete="off"
    spellcheck="false"
    ?required=${t.required&&!(d==="text"&&!l.minLength)}
    aria-describedby=${u}
    aria-invalid=${r}
    .value=${ze(t.text)}
    @input=${a}
    @focus=${t.name==="model"?Bn:c}
  />`}var vi=t=>t.default===void 0||t.default===null?t.type==="object"?"{ }":"JSON":JSON.stringify(t.default);function yi(t,s,e,n,r){let i=(l,d)=>{[t.text,t.given,t.note]=[l,l!=="",d],s.changed()},a=async l=>{i("",`sending ${l.name}`);try{let d=await Pt(l);i(d.id,`${l.name}, ${Ye(d.size)}, ${d.media_type}`)}catch(d){i("",k(d).detail)}};return o`<div class="file">
    <input
      id=${e} name=${e} type="text" placeholder="a blob's id, or data:…" autocomplete="off" spellcheck="false" ?required=${t.required}
      aria-describedby=${n} aria-invalid=${r} .value=${ze(t.text)}
      @input=${l=>i(l.target.value,"")}
    />
    <label class="pick">
      Choose a file
      <input
        type="file" class="hidden" accept=${t.schema.accepts?.join(",")??c}
        @change=${l=>{let d=l.target.files?.[0];d&&a(d)}}
      />
    </label>
    ${t.note?o`<p class="hint" role="status">${t.note}</p>`:c}
  </div>`}function wi(t,s,e){let n=s.errors.get(e),r=i=>()=>{i(),s.changed()};return o`<fieldset class="nested ${n?"wrong":""}" data-path=${e}>
    <legend>${Kn(t,e)}</legend>
    ${t.schema.description?o`<p class="hint">${S(t.schema.description)}</p>`:c}
    ${n?o`<p class="error">${n}</p>`:c}
    ${t.given?o`${ki(t,s,e,r)}
          ${t.required?c:o`<button type="button" class="small plain" @click=${r(()=>Ln(t))}>Leave out ${I(t.name)}</button>`}`:o`<button type="button" class="small" @click=${r(()=>At(t,s.root))}>Add ${I(t.name)}</button>`}
  </fieldset>`}function ki(t,s,e,n){if(t.kind==="group")return U(t.parts,s,e);if(t.kind==="union"){let a=`${s.id}-${e}-form`;return o`<div class="field">
        <label for=${a}>form</label>
        <select id=${a} @change=${l=>n(()=>In(t,l.target.selectedIndex,s.root))()}>
          ${t.forms.map((l,d)=>o`<option .selected=${d===t.form}>${Dn(l,d)}</option>`)}
        </select>
      </div>
      ${t.parts.map(l=>l.kind==="group"?U(l.parts,s,e):ms(l,s,e))}`}let r=t.schema.maxItems??1/0,i=t.schema.minItems??0;return o`<ol class="items">
      ${as(t.parts,a=>a.id,(a,l)=>o`<li>
          ${a.kind==="group"?U(a.parts,s,`${e}.${l}`):ms(a,s,`${e}.${l}`)}
          ${t.parts.length>i?o`<button
                type="button" class="small plain" aria-label="Remove item ${l+1} of ${I(t.name)}"
                @click=${n(()=>{t.parts=t.parts.filter(d=>d!==a)})}
              >Remove</button>`:c}
        </li>`)}
    </ol>
    ${t.parts.length<r?o`<button type="button" class="small" @click=${n(()=>qn(t,s.root))}>Add an item</button>`:c}`}var xi=3;function zn(t){for(let s=t?.closest("details");s;s=s.parentElement?.closest("details"))s.open=!0}var Qe={capture:!0,handleEvent:t=>zn(t.target)};function Mt(t){let s=t?.querySelector(".wrong :is(input, select, textarea)")??null;zn(s),s?.focus()}var gs=class extends f{constructor(){super(...arguments);this.plain=new Set;this.submit=e=>{if(e.preventDefault(),this.disabled)return;let n={},r=[];for(let a of this.root.parts){let l=D(a);if(l===void 0||xe(l,a.schema.default))continue;n[a.name]=l;let{unit:d}=a.schema;r.push(`${I(a.name)} ${typeof l=="number"?x(l):de(l)}${d?` ${d}`:""}`)}let i={message:`Run ${this.form.operation}: ${r.join(", ")||"as it is"}`,operation:this.form.operation,arguments:n};this.dispatchEvent(new CustomEvent("call",{detail:i,bubbles:!0,composed:!0}))}}static{this.properties={form:{attribute:!1},asks:{type:Boolean},disabled:{type:Boolean}}}willUpdate(e){if(!e.has("form")||e.get("form")===this.form)return;let{request_schema:n,values:r,missing:i}=this.form;this.root=oe({...n,required:[...n.required??[],...i]},r),this.plain=new Set(this.root.parts.filter(a=>!a.required&&xe(D(a)??a.schema.default??null,a.schema.default??null)))}render(){let{form:e,root:n}=this,r=n.parts.filter(u=>this.plain.has(u)),i=r.length>=xi&&r.length<n.parts.length,a=i?n.parts.filter(u=>!r.includes(u)):n.parts,l={root:e.request_schema,id:`f${n.id}`,errors:new Map,changed:()=>this.requestUpdate()},d=o`<form @submit=${this.submit} @invalid=${Qe}>
      ${U(a,l)}
      ${i?o`<details class="more"><summary>${r.length} more, as by default</summary>${U(r,l)}</details>`:c}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
    </form>`;return e.missing.length&&this.asks?o`<section class="form asked"><h3>${e.title}</h3>${d}</section>`:o`<details class="form"><summary>${e.title}</summary>${d}</details>`}};customElements.define("nis-form",gs);var Jn=500,Ti=1e4;async function Xe(t,s,e,n){let r=await C(t,{...A("POST",s,{Accept:"text/event-stream"}),signal:n.signal});e.runId=r.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1]??null,n.waiting(null),n.changed();let i=!1;try{i=await Yn(e,r,n)}catch(a){if(Qn(a,n))throw a}i||await _e(e,n)}async function _e(t,s){if(t.runId===null)throw new TypeError("the connection was lost before the run had its number");let e=Jn;for(;;){let n=t.seq;try{let r=await C(`/runs/${encodeURIComponent(t.runId)}/events`,{headers:{Accept:"text/event-stream","Last-Event-ID":String(t.seq)},signal:s.signal});if(s.waiting(null),await Yn(t,r,s))return}catch(r){if(Qn(r,s))throw r}e=t.seq>n?Jn:Math.min(2*e,Ti),s.waiting(e),await _i(e,s.signal)}}async function Yn(t,s,e){for await(let n of _t(s)){if(n.event==="closing")return!1;if(n.event==="error")throw new M(JSON.parse(n.data),0);let r=JSON.parse(n.data);if(!(r.seq<=t.seq)&&(t.seq=r.seq,t.runId=r.run_id,t.take(r),e.changed(),ie.includes(r.body.type)))return!0}return!1}function Qn(t,s){return s.signal.aborted?!0:t instanceof M?!(t.problem.retryable??t.status>=502):!(t instanceof TypeError||t instanceof DOMException&&t.name==="NetworkError")}function _i(t,s){return new Promise(e=>{let n=()=>{clearTimeout(r),removeEventListener("online",n),s.removeEventListener("abort",n),e()},r=setTimeout(n,t);addEventListener("online",n),s.addEventListener("abort",n)})}var Xn=56,fs=6e4;function R(t,s="",e="  "){let n=s+e;if(Array.isArray(t))return t.length?t.every(r=>typeof r!="object"||r===null)?Ri(t.map(r=>JSON.stringify(r)),s,e):`[
${t.map(r=>n+R(r,n,e)).join(`,
`)}
${s}]`:"[]";if(typeof t=="object"&&t!==null){let r=Object.entries(t).filter(([,i])=>i!==void 0);return r.length?`{
${r.map(([i,a])=>`${n}${JSON.stringify(i)}: ${R(a,n,e)}`).join(`,
`)}
${s}}`:"{}"}return JSON.stringify(t)??"null"}function Ri(t,s,e){let n=`[${t.join(", ")}]`;if(n.length+s.length<=Xn)return n;let r=[""];for(let[i,a]of t.entries()){let l=i<t.length-1?`${a},`:a,d=r.at(-1);d&&d.length+l.length+1>Xn-s.length?r.push(l):r[r.length-1]=d?`${d} ${l}`:l}return`[
${r.map(i=>`${s}${e}${i}`).join(`
`)}
${s}]`}var Si=/("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;function K(t){let s=t.length<=fs,e=s?t:t.slice(0,fs),n=[],r=0;for(let i of e.matchAll(Si)){n.push(e.slice(r,i.index)),r=i.index+i[0].length;let[,a,l,d,u]=i;a!==void 0&&l!==void 0?n.push(o`<span class="j-name">${a}</span>`,l):a!==void 0?n.push(o`<span class="j-text">${a}</span>`):n.push(o`<span class="j-value">${d??u}</span>`)}return n.push(e.slice(r)),o`<pre class="code-block" tabindex="0"><code>${n}</code></pre>
    ${s?"":o`<p class="note">The first ${fs.toLocaleString("en")} of ${t.length.toLocaleString("en")} characters. Copy takes all of it.</p>`}`}var Zn=[{id:"curl",name:"curl",note:"",text:Ei},{id:"python",name:"Python",note:"Standard library alone.",text:Pi},{id:"mcp",name:"MCP",note:"The official client: pip install mcp",text:Mi},{id:"mcp-json",name:"MCP JSON",note:"One request of the stateless protocol.",text:Ai},{id:"socket",name:"WebSocket",note:"A2A over one socket: pip install websockets",text:Ci,fits:t=>t.shape==="model"},{id:"cli",name:"Shell",note:"The server's own command line.",text:Li}];function Ze({line:t,given:s,origin:e}){let{id:n,...r}=s,i=t.path.includes("{id}");return{url:`${e}${ke(t,String(n??"ID"))}`,rest:i?r:s,query:["GET","DELETE"].includes(t.method)}}var Ot=t=>Object.entries(t).filter(([,s])=>s!=null).map(([s,e])=>[s,typeof e=="string"?e:JSON.stringify(e)]),Ct=t=>/^[\w./:=@%+,-]+$/.test(t)?t:`'${t.replaceAll("'","'\\''")}'`,er='-H "Authorization: Bearer $NIS_API_KEY"',tr=t=>`-d '${R(t).replaceAll("'","'\\''")}'`,bs=t=>t.join(` \\
  `);function Ei(t){let{url:s,rest:e,query:n}=Ze(t),{method:r,shape:i}=t.line,a=[`curl -sS${i==="stream"?"N":""}${["GET","POST"].includes(r)?"":` -X ${r}`} ${Ct(s)}`];if(t.keyed&&a.push(er),i==="stream"&&a.push("-H 'Accept: text/event-stream'"),!n)return bs([...a,"-H 'Content-Type: application/json'",tr(e)]);let l=Ot(e).map(([d,u])=>`--data-urlencode ${Ct(`${d}=${u}`)}`);return bs(l.length?[...a,"-G",...l]:a)}function Ai({line:t,given:s,origin:e,keyed:n}){let r=Ge(t.name),i="2026-07-28",a={"io.modelcontextprotocol/protocolVersion":i,"io.modelcontextprotocol/clientInfo":{name:"curl",version:"8"},"io.modelcontextprotocol/clientCapabilities":{}},l={"Content-Type":"application/json",Accept:"application/json, text/event-stream","MCP-Protocol-Version":i,"Mcp-Method":"tools/call","Mcp-Name":r};return bs([`curl -sS ${Ct(`${e}/mcp`)}`,...n?[er]:[],...Object.entries(l).map(([d,u])=>`-H '${d}: ${u}'`),tr({jsonrpc:"2.0",id:1,method:"tools/call",params:{name:r,arguments:s,_meta:a}})])}function Lt(t,s=""){return R(t,s,"    ").replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g,e=>({true:"True",false:"False",null:"None"})[e]??e.replace(/\\\//g,"/"))}function Pi(t){let{url:s,rest:e,query:n}=Ze(t),r=t.line.shape==="stream",i=Ot(e),a=[n?"":'"Content-Type": "application/json"',r?'"Accept": "text/event-stream"':"",t.keyed?'"Authorization": "Bearer " + os.environ["NIS_API_KEY"]':""].filter(Boolean),d=["json",t.keyed?"os":"",n&&i.length?"urllib.parse":"","urllib.request"].filter(Boolean).map(u=>`import ${u}`);return d.push(""),n&&i.length&&d.push(`query = urllib.parse.urlencode(${Lt(Object.fromEntries(i.map(([u,m])=>[u,typeof e[u]=="number"?e[u]:m])))})`),d.push("request = urllib.request.Request("),d.push(n&&i.length?`    ${JSON.stringify(`${s}?`)} + query,`:`    ${JSON.stringify(s)},`),n||d.push(`    data=json.dumps(${Lt(e,"    ")}).encode(),`),a.length&&d.push(`    headers={${a.join(", ")}},`),["GET","POST"].includes(t.line.method)||d.push(`    method=${JSON.stringify(t.line.method)},`),d.push(")"),d.push("with urllib.request.urlopen(request) as answer:"),r?d.push("    for line in answer:",'        if line.startswith(b"data: "):',"            print(json.loads(line[6:]))"):d.push("    print(json.dumps(json.load(answer), indent=2))"),d.join(`
`)}function Mi({line:t,given:s,origin:e,keyed:n}){let r=JSON.stringify(`${e}/mcp?toolset=${Q(t.name)}`),i=n?`
    http = httpx2.AsyncClient(headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]})
    async with Client(streamable_http_client(${r}, http_client=http)) as client:`:`
    async with Client(${r}) as client:`;return`import asyncio
import json
${n?`import os

import httpx2
`:`
`}from mcp import Client
${n?`from mcp.client.streamable_http import streamable_http_client
`:""}

async def main():${i}
        result = await client.call_tool(
            ${JSON.stringify(Ge(t.name))},
            ${Lt(s,"            ")},
        )
        print(json.dumps(result.structured_content, indent=2))


asyncio.run(main())`}function Ci({line:t,given:s,origin:e,keyed:n}){let r=n?', additional_headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]}':"";return`import asyncio
import json
${n?`import os
`:""}import uuid

from websockets.asyncio.client import connect

message = {
    "messageId": str(uuid.uuid4()),
    "role": "ROLE_USER",
    "parts": [{"data": {"operation": ${JSON.stringify(t.name)}, "arguments": ${Lt(s,"    ")}}}],
}


async def main():
    address = ${JSON.stringify(`${e.replace(/^http/,"ws")}/a2a`)}
    async with connect(address${r}) as socket:
        call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        await socket.send(json.dumps(call))
        print(json.dumps(json.loads(await socket.recv()), indent=2))


asyncio.run(main())`}function Li({line:t,given:s}){let e=Object.entries(s).map(([n,r])=>{let i=typeof r=="string"?r:JSON.stringify(r);return`--${n.replaceAll("_","-")} ${Ct(i)}`});return[`nis call ${t.name}`,...e].join(` \\
  `)}var j=new EventTarget,It={state:"ok"},V=()=>It;function qt(t){It=t,j.dispatchEvent(new Event("change"))}function Le(t){t!==null?qt({state:"waiting",seconds:t/1e3}):It.state!=="ok"&&qt({state:"ok"})}function et(){qt({state:"lost"}),setTimeout(()=>{It.state==="lost"&&fetch("/health",{cache:"no-store"}).then(()=>qt({state:"ok"}),et)},3e3)}function O(t){return t instanceof M||et(),k(t)}addEventListener("offline",et);var Oe=class{constructor(){this.state="queued";this.attempt=0;this.open=null}hear(s){switch(s.type){case"started":[this.state,this.attempt,this.open]=["running",s.attempt,null];break;case"released":this.state=s.reason==="shutdown"?"queued":s.reason;break;case"approval_required":case"input_required":s.call_id&&(this.open=s),this.state==="queued"&&(this.state="waiting");break;case"approved":case"rejected":case"input_provided":case"retry_scheduled":[this.state,this.open]=["queued",null];break;case"pause_requested":this.state!=="running"&&(this.state="paused");break;case"resume_requested":this.state=this.open?"waiting":"queued";break;case"succeeded":case"failed":case"cancelled":this.state=s.type}}get asked(){return this.state==="waiting"?this.open:null}get ended(){return ie.includes(this.state)}};var pe=class extends Oe{constructor(e){super();this.runId=e;this.seq=0;this.events=[];this.views=[];this.result=void 0;this.problem=null;this.progress=null}take(e){this.events.push(e);let{body:n}=e;this.hear(n),n.type==="surface"?this.views=[...this.views,...n.views]:n.type==="progress"?this.progress={fraction:n.fraction,message:n.message}:n.type==="succeeded"?this.result=n.result:n.type==="failed"&&(this.problem=n.problem)}};var sr="application/vnd.nis.views+json",tt=()=>({state:"running",took:null,result:void 0,views:[],items:[],log:null});async function jt(t,s,e,n,r){let i=performance.now();try{t.shape==="run"?await Ii(t,s,e,{changed:n,waiting:Le,signal:r}):t.shape==="stream"?await qi(t,s,e,n,r):await Oi(t,s,e,r)}finally{e.took=performance.now()-i}}function nr(t,s,e,n){let r=Ze({line:t,given:s,origin:"",keyed:!1});if(!r.query)return C(r.url,{...A(t.method,r.rest,{Accept:e}),signal:n});let i=new URLSearchParams(Ot(r.rest)).toString();return C(i?`${r.url}?${i}`:r.url,{method:t.method,headers:{Accept:e},signal:n})}async function Oi(t,s,e,n){let r=await nr(t,s,`${sr}, application/json;q=0.9, */*;q=0.1`,n);if((r.headers.get("Content-Type")??"").startsWith(sr)){let a=await r.json();[e.result,e.views]=[a.result,a.views]}else e.result=await r.json();e.state="done"}async function qi(t,s,e,n,r){let i=await nr(t,s,"text/event-stream",r);for await(let a of _t(i)){if(a.event==="closing")break;let l=JSON.parse(a.data);if(a.event==="error")throw new M(l,0);e.items.push(l),ji(l)&&(e.log??=new pe(l.run_id)).take(l),n()}e.result=e.items,e.state="done"}async function Ii(t,s,e,n){let r=e.log=new pe(null),i=Ze({line:t,given:s,origin:"",keyed:!1});if(await Xe(i.url,i.rest,r,n),e.views=r.views,e.result=r.result,e.state={succeeded:"done",cancelled:"stopped"}[r.state]??"failed",r.problem)throw new M(r.problem,0)}function ji(t){let s=t;return typeof s.run_id=="string"&&typeof s.seq=="number"&&typeof s.body?.type=="string"}function st(t,s){let{errors:e,field:n,detail:r="",remedy:i=""}=s??{},l=(e??(n?[{field:n,message:`${rr(r)} ${i}`.trim()}]:[])).map(d=>[Di(t,d.field),rr(d.message)]);return new Map(l.filter(([d])=>d))}var rr=t=>/[.!?]$/.test(t)?t:`${t}.`;function Di(t,s){let e=[],[n,r]=[t?.parts??[],!1];for(let i of s.split(".")){let a=r?n[Number(i)]:n.find(l=>l.name===i);a&&(e.push(i),n=a.parts.flatMap(l=>a.kind==="union"&&l.kind==="group"?l.parts:[l]),r=a.kind==="list")}return e.join(".")}var nt=56,$s=12,ir=12,qe=30,Ni=60,Ui=6,vs=t=>t.unit?`${t.label} (${t.unit})`:t.label,ys=t=>`c${t%Ui}`,ws=class extends f{constructor(){super();this.sized=new ResizeObserver(([e])=>requestAnimationFrame(()=>this.width=Math.round(e.contentRect.width)));this.width=0,this.at=null}static{this.properties={series:{attribute:!1},width:{state:!0},at:{state:!0}}}connectedCallback(){super.connectedCallback(),this.sized.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sized.disconnect()}willUpdate(e){e.has("series")&&(this.at=null)}render(){let{title:e,x:n,lines:r}=this.series,i=[...new Set(r.map(a=>a.unit))];return o`<figure>
      <figcaption>${e}</figcaption>
      ${this.width&&n.values.length?i.map(a=>this.panel(a)):c}
      <p class="readout" aria-hidden="true">${this.at===null?vs(n):this.readout(this.at)}</p>
      <details>
        <summary>Numbers</summary>
        ${this.numbers()}
      </details>
    </figure>`}panel(e){let{x:n,lines:r}=this.series,i=r.map((p,y)=>({line:p,index:y})).filter(({line:p})=>p.unit===e),a=Math.round(Math.min(260,Math.max(170,this.width*.42))),l=ks([n]),d=ks(i.map(({line:p})=>p)),u=p=>nt+or(p,l)*(this.width-nt-$s),m=p=>a-qe-or(p,d)*(a-ir-qe),h=i.length===1?o`<p class="legend">${vs(i[0].line)}</p>`:o`<ul class="legend">
            ${i.map(({line:p,index:y})=>o`<li class=${ys(y)}>${p.label}</li>`)}
            ${e?o`<li class="unit">in ${e}</li>`:c}
          </ul>`,b=`${i.map(({line:p})=>ar(p)).join("; ")}, over ${ar(n)}`;return o`${h}
      <svg
        role="img"
        aria-label=${b}
        viewBox="0 0 ${this.width} ${a}"
        width=${this.width}
        height=${a}
        @pointermove=${p=>this.point(p,u)}
        @pointerdown=${p=>this.point(p,u)}
        @pointerleave=${()=>this.at=null}
      >
        ${os(...d,4).map(p=>H`<path class="grid" d="M${nt} ${m(p)}H${this.width-$s}"></path>
            <text x=${nt-8} y=${m(p)+4} text-anchor="end">${x(p)}</text>`)}
        ${os(...l,this.width/110).map(p=>H`<path class="axis" d="M${u(p)} ${a-qe}v4"></path>
            <text x=${u(p)} y=${a-qe+18} text-anchor="middle">${x(p)}</text>`)}
        <path class="axis" d="M${nt} ${a-qe}H${this.width-$s}"></path>
        ${i.map(({line:p,index:y})=>H`<path class="line ${ys(y)}" d=${Fi(n,p,u,m)}></path>`)}
        ${this.at===null?c:this.guide(this.at,i,u,m,a)}
      </svg>`}guide(e,n,r,i,a){let l=r(this.series.x.values[e]);return H`<path class="guide" d="M${l} ${ir}V${a-qe}"></path>
      ${n.filter(({line:d})=>d.values[e]!==void 0).map(({line:d,index:u})=>H`<circle class=${ys(u)} cx=${l} cy=${i(d.values[e])} r="4"></circle>`)}`}point(e,n){let r=e.clientX-e.currentTarget.getBoundingClientRect().left,i=this.series.x.values.map(a=>Math.abs(n(a)-r));this.at=i.indexOf(Math.min(...i))}readout(e){return[this.series.x,...this.series.lines].filter(n=>n.values[e]!==void 0).map(n=>`${n.label} ${x(n.values[e])}${n.unit?` ${n.unit}`:""}`).join("   ")}numbers(){let e=[this.series.x,...this.series.lines],n=this.series.x.values.length,r=Math.max(1,Math.ceil(n/Ni)),i=Array.from({length:Math.ceil(n/r)},(a,l)=>l*r);return o`${r>1?o`<p class="hint">${i.length} of ${n} points, evenly chosen.</p>`:c}
      <div class="wide" tabindex="0">
        <table>
          <thead><tr>${e.map(a=>o`<th scope="col" class="n">${vs(a)}</th>`)}</tr></thead>
          <tbody>
            ${i.map(a=>o`<tr>${e.map(l=>o`<td class="n">${Hi(l.values[a])}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>`}},Hi=t=>t===void 0?"":x(t);function ks(t){let[s,e]=[1/0,-1/0];for(let n of t)for(let r of n.values)s=Math.min(s,r),e=Math.max(e,r);return s<=e?[s,e]:[0,1]}function or(t,[s,e]){let n=e/2-s/2;return n>0?(t/2-s/2)/n:.5}function Fi(t,s,e,n){let r=Math.min(t.values.length,s.values.length),i=Array.from({length:r},(a,l)=>`${e(t.values[l]).toFixed(1)} ${n(s.values[l]).toFixed(1)}`);return i.length===1?`M${i[0]}h0.01`:i.length?`M${i.join("L")}`:""}function ar(t){let[s,e]=ks([t]);return`${t.label} from ${x(s)} to ${x(e)} ${t.unit}`.trim()}customElements.define("nis-chart",ws);function he(t){switch(t.kind){case"text":return o`<div class="prose" dir="auto">${N(t.text)}</div>`;case"table":return o`<figure><figcaption>${t.title}</figcaption>${rt(t)}</figure>`;case"series":return o`<nis-chart .series=${t}></nis-chart>`;case"form":return c;default:return o`<p class="note">This page cannot draw a ${t.kind}; the JSON has it.</p>`}}function rt(t){let s=t.columns.map((n,r)=>2*t.rows.filter(a=>typeof a[r]=="number").length>t.rows.length?"n":""),e=(n,r)=>o`<td class="${s[r]??""} ${/^\S{1,40}$/.test(String(n))?"token":""}">${typeof n=="number"?x(n):n}</td>`;return o`<div class="wide" tabindex="0" role="region" aria-label=${t.title}>
    <table>
      <thead>
        <tr>
          ${t.columns.map((n,r)=>o`<th scope="col" class=${s[r]}>${n}</th>`)}
        </tr>
      </thead>
      <tbody>${t.rows.map(n=>o`<tr>${n.map(e)}</tr>`)}</tbody>
    </table>
  </div>`}function w(t,s){return o`<div class="failure" role="alert">
    <p><strong>${Vi(t.title)}.</strong> ${t.detail}</p>
    ${t.errors&&t.errors.length>1?o`<ul>${t.errors.map(e=>o`<li><code>${e.field}</code> ${e.message}</li>`)}</ul>`:c}
    ${t.remedy?o`<p class="remedy">${t.remedy}</p>`:c}
    ${s&&t.retryable?o`<button @click=${s}>Try again</button>`:c}
  </div>`}var Vi=t=>t.charAt(0).toUpperCase()+t.slice(1);var xs=class extends f{constructor(){super();this.dialog=B();this.root=null;this.first={};this.calling=new AbortController;this.answer=()=>{};this.done=!1;this.closed=()=>{this.calling.abort(),this.said=this.done?`${this.wanted.title}: done`:"",this.done&&this.detail?.effect==="destroys"&&document.querySelector("#main").focus({preventScroll:!0}),this.wanted=null,this.answer(this.done)};[this.wanted,this.line,this.detail,this.outcome,this.refusal]=[null,null,null,null,null],this.said=""}static{this.properties={wanted:{state:!0},line:{state:!0},detail:{state:!0},outcome:{state:!0},refusal:{state:!0},said:{state:!0}}}async open(e){return[this.wanted,this.line,this.detail,this.outcome,this.refusal,this.done]=[e,null,null,null,null,!1],await this.updateComplete,this.dialog.value.showModal(),this.learn(e),new Promise(n=>this.answer=n)}async learn(e){try{let[n,r]=await Promise.all([St(e.name),F()]);if(e!==this.wanted)return;this.root=oe(n.request_schema,{...e.given,...e.of}),this.first=D(this.root),[this.detail,this.line]=[n,q(r,e.name)],n.effect==="reads"?this.call():this.updateComplete.then(()=>this.querySelector(".field :is(input, select, textarea)")?.focus())}catch(n){e===this.wanted&&(this.refusal=O(n))}}get given(){let e=D(this.root);if(this.line?.method!=="PATCH")return e;let n=this.wanted?.of??{},r=Object.entries(e).filter(([a,l])=>a in n||!xe(l,this.first[a])),i=this.root.parts.filter(a=>a.kind==="text"&&!a.given&&this.first[a.name]);return{...Object.fromEntries(r),...Object.fromEntries(i.map(a=>[a.name,""]))}}async call(e){if(e?.preventDefault(),!this.line||this.outcome?.state==="running")return;let{signal:n}=this.calling=new AbortController,r=this.outcome=tt();this.refusal=null;try{if(await jt(this.line,this.given,r,()=>this.requestUpdate(),n),n.aborted)return;this.done=this.line.effect!=="reads",this.done&&this.dialog.value?.close()}catch(i){r.state="failed",n.aborted||(this.refusal=O(i))}this.requestUpdate(),await this.updateComplete,Mt(this)}render(){return o`<p class="hidden" role="status">${this.said}</p>
      ${this.wanted?this.sheet(this.wanted):c}`}sheet(e){let{detail:n,refusal:r,root:i}=this,a=(i?.parts??[]).filter(d=>!(d.name in(e.of??{}))),l=st(i&&{...i,parts:a},r);return o`<dialog class="sheet" aria-labelledby="act-title" ${G(this.dialog)} @close=${this.closed}>
      <form @submit=${d=>{this.call(d)}} @invalid=${Qe}>
        <h2 id="act-title">${e.title}</h2>
        ${n?o`<p class="note">${S(n.summary)}</p>
              ${this.result(n)} ${this.form(a,n,l)}`:r?c:o`<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div>`}
        ${r&&l.size<(r.errors?.length??1)?w(r):c}
        <div class="act">
          <button class=${n?.effect==="destroys"?"danger":"primary"} ?disabled=${!n||this.outcome?.state==="running"}>${e.button}</button>
          <button type="button" class="plain" @click=${()=>this.dialog.value.close()}>${n?.effect==="reads"?"Close":"Cancel"}</button>
          ${n?.effect==="destroys"?o`<span class="note">This cannot be undone.</span>`:c}
        </div>
      </form>
    </dialog>`}form(e,n,r){if(!e.length)return c;let i=U(e,{root:n.request_schema,id:"act",errors:r,changed:()=>this.requestUpdate()});return n.effect==="reads"?o`<details class="more"><summary>Ask otherwise</summary>${i}</details>`:i}result({effect:e}){if(e!=="reads")return c;let{state:n,views:r,result:i}=this.outcome??tt();return o`<div class="views" aria-live="polite" aria-busy=${n==="running"}>
      ${n==="running"?o`<p class="waiting"><span class="pulse"></span> asking</p>`:n!=="done"?c:r.length?r.map(he):K(R(i))}
    </div>`}};customElements.define("nis-act",xs);var it=t=>document.querySelector("nis-act").open(t);var Z=(t,s,e={})=>C(`/runs/${encodeURIComponent(t)}/${s}`,A("POST",e)),Ie=(t,s,e="")=>o`<button class="small ${e}" @click=${s}>${t}</button>`;function lr(t,s){switch(t){case"queued":case"running":return o`${Ie("Pause",()=>s("pause"))} ${Ie("Stop",()=>s("cancel"),"stop")}`;case"paused":return o`${Ie("Go on",()=>s("resume"))} ${Ie("Stop",()=>s("cancel"),"stop")}`;case"waiting":return Ie("Stop",()=>s("cancel"),"stop");case"failed":case"cancelled":return Ie("Try again",()=>s("retry"));case"succeeded":return c}}var Ts=class extends f{constructor(){super();this.send=e=>{e.preventDefault();let n=this.root.parts.map(r=>[r.name,D(r)]).filter(([,r])=>r!==void 0);this.tell("provide-input",{values:Object.fromEntries(n)})};[this.root,this.trouble,this.sent]=[null,null,!1]}static{this.properties={runId:{attribute:!1},asked:{attribute:!1},root:{state:!0},trouble:{state:!0},sent:{state:!0}}}willUpdate(e){!e.has("asked")&&!e.has("runId")||([this.root,this.trouble,this.sent]=[null,null,!1],this.asked.type==="input_required"&&this.learn())}async learn(){try{let{waiting:e}=await g(`/runs/${encodeURIComponent(this.runId)}`);this.root=e?.schema?oe(e.schema,{}):null}catch(e){this.trouble=k(e)}}async tell(e,n={}){[this.trouble,this.sent]=[null,!0];try{await Z(this.runId,e,{call_id:this.asked.call_id,...n})}catch(r){[this.trouble,this.sent]=[k(r),!1]}}render(){let{asked:e}=this,n=e.type==="approval_required"?this.approval(e.operation,e.reason):this.input(e);return o`<section class="panel asks" aria-label="The run waits for you">
      ${n} ${this.trouble?w(this.trouble):c}
    </section>`}approval(e,n){return o`<p><strong>May it call <code>${e}</code>?</strong> ${n}</p>
      <p>
        <button class="primary small" ?disabled=${this.sent} @click=${()=>{this.tell("approve")}}>Approve</button>
        <button class="stop small" ?disabled=${this.sent} @click=${()=>{this.tell("reject")}}>Reject</button>
      </p>`}input(e){let{root:n}=this,r={root:n?.schema??{},id:`a${n?.id??0}`,errors:new Map,changed:()=>this.requestUpdate()};return o`<p>
        <strong>${e.question||o`It asks for ${e.missing.join(", ")}${e.operation?o` of <code>${e.operation}</code>`:c}.`}</strong>
      </p>
      ${n?o`<form @submit=${this.send}>
            ${U(n.parts,r)}
            <p><button class="primary small" ?disabled=${this.sent}>Send</button></p>
          </form>`:c}`}};customElements.define("nis-asked",Ts);var Wi={chat:"M4 5.5h12v8H9l-3.5 3v-3H4z",explore:"M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13.2 13.2l3.6 3.6",runs:"M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5",models:"M10 3.5l6.5 3.25l-6.5 3.25l-6.5-3.25zM3.5 10l6.5 3.25l6.5-3.25M3.5 13.25l6.5 3.25l6.5-3.25",usage:"M4 16.5v-6M10 16.5v-13M16 16.5v-9",budgets:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 6v8M12 8c-.4-.7-1.1-1-2-1c-1.2 0-2 .6-2 1.5c0 2 4 1 4 3c0 .9-.8 1.5-2 1.5c-.9 0-1.6-.3-2-1",copy:"M7 7h8.5v9.5H7zM4.5 13V3.5H13",check:"M4.5 10.5l3.5 3.5l7.5-8",plus:"M10 4v12M4 10h12",more:"M5 10h.01M10 10h.01M15 10h.01",sun:"M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",moon:"M15.5 12A6.5 6.5 0 0 1 8 4.5a6.2 6.2 0 1 0 7.5 7.5",auto:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 7h4.5M10 10h6M10 13h4.5",book:"M4 4.5c2.5-.8 4.5-.5 6 .7c1.5-1.2 3.5-1.5 6-.7v11c-2.5-.8-4.5-.5-6 .7c-1.5-1.2-3.5-1.5-6-.7zM10 5.2v11",again:"M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",branch:"M6 4v12M6 12c0-3 8-2 8-6M14 6a1.6 1.6 0 1 1 .01 0M6 16.5a.1.1 0 1 1 .01 0",up:"M6.5 9.5v7h-3v-7zM6.5 9.5l3-6c1.5 0 2 1 1.7 2.5L10.8 8h4.7l-1.2 8H6.5",down:"M13.5 10.5v-7h3v7zM13.5 10.5l-3 6c-1.5 0-2-1-1.7-2.5l.4-2H4.5l1.2-8h7.8",edit:"M4 16l1-4l8.5-8.5l3 3L8 15z",trash:"M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",menu:"M3.5 6h13M3.5 10h13M3.5 14h13",close:"M5 5l10 10M15 5L5 15",left:"M12 4l-6 6l6 6",right:"M8 4l6 6l-6 6",send:"M10 16V4.5M5 9l5-5l5 5",arrow:"M10 4.5v11M5 10.5l5 5l5-5",key:"M12.5 4a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 10l-6 6M6 14l2 2",stop:"M6 6h8v8H6z",microphone:"M10 3a2.5 2.5 0 0 1 2.5 2.5v4a2.5 2.5 0 0 1-5 0v-4A2.5 2.5 0 0 1 10 3M5 9.5a5 5 0 0 0 10 0M10 14.5v2.5",play:"M6.5 4.5l9 5.5l-9 5.5z",link:"M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4l-2 2"},$=t=>o`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${H`<path d=${Wi[t]}></path>`}</svg>`;var _s=class extends f{static{this.properties={text:{attribute:!1},label:{},done:{state:!0}}}constructor(){super(),this.label="Copy",this.done=!1}render(){return o`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${()=>{this.copy()}}>
      ${$(this.done?"check":"copy")}<span class="hidden" role="status">${this.done?"copied":""}</span>
    </button>`}async copy(){let s=typeof this.text=="string"?this.text:this.text();try{await navigator.clipboard.writeText(s)}catch{let e=document.createElement("textarea");e.value=s,document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}this.done=!0,setTimeout(()=>this.done=!1,1500)}};customElements.define("nis-copy",_s);var Bi=100,Rs=null;function cr(){return Rs??=g(`/feedback?limit=${Bi}`).then(({feedback:t})=>new Map(t.map(s=>[s.run_id,s])),()=>(Rs=null,new Map)),Rs}var Ss=class extends f{static{this.properties={runId:{attribute:!1},mine:{state:!0},asks:{state:!0},said:{state:!0}}}constructor(){super(),[this.mine,this.asks,this.said]=[null,!1,""]}willUpdate(s){if(!s.has("runId"))return;let{runId:e}=this;[this.mine,this.asks,this.said]=[null,!1,""],cr().then(n=>{e===this.runId&&(this.mine=n.get(e)??null)})}async rate(s){let{mine:e}=this;if(e?.rating===s)return this.change(()=>C(this.path,{method:"DELETE"}).then(()=>null));let n=e?{rating:s}:{run_id:this.runId,rating:s};await this.change(()=>this.put(e?"PATCH":"POST",n)),this.asks=this.mine!==null,await this.updateComplete,this.querySelector("input")?.focus()}async comment(s){this.asks=!1,s.trim()&&await this.change(()=>this.put("PATCH",{comment:s.trim()})),this.mine&&(this.said="Thank you.")}get path(){return`/feedback/${encodeURIComponent(this.mine.id)}`}put(s,e){return g(s==="POST"?"/feedback":this.path,A(s,e))}async change(s){let e=await cr();try{[this.mine,this.said,this.asks]=[await s(),"",!1],this.mine?e.set(this.runId,this.mine):e.delete(this.runId)}catch(n){this.said=k(n).detail}}render(){return o`${this.thumb("good","A good answer")}${this.thumb("bad","A bad answer")}
      ${this.asks?o`<form
            class="word"
            @submit=${s=>{s.preventDefault(),this.comment(s.currentTarget.querySelector("input").value)}}
          >
            <input aria-label="Why?" placeholder="Why? (as you like)" maxlength="4000" .value=${this.mine?.comment??""} />
            <button class="small">Say</button>
          </form>`:c}
      <span role="status">${this.said}</span>`}thumb(s,e){return o`<button
      class="ghost" aria-label=${e} title=${e} aria-pressed=${this.mine?.rating===s} @click=${()=>{this.rate(s)}}
    >${$(s==="good"?"up":"down")}</button>`}};customElements.define("nis-feedback",Ss);var Gi=new Intl.NumberFormat(void 0,{style:"currency",currency:"USD",currencyDisplay:"narrowSymbol",minimumFractionDigits:2,maximumFractionDigits:9}),me=1e9,Ki=new Intl.NumberFormat(void 0,{maximumFractionDigits:0}),zi=new Intl.NumberFormat(void 0,{style:"percent",maximumFractionDigits:1}),T=t=>Gi.format(t),_=t=>Ki.format(t),ot=t=>zi.format(t),ge=t=>t===null?"–":t<999.5?`${_(t)} ms`:`${(t/1e3).toFixed(1)} s`;var Ji=["","routes","providers","changes"];function je(t){let[s="",e=""]=t.replace(/^#\/?/,"").split("?",2),[n,...r]=s.split("/"),i=new URLSearchParams(e),a=Qi(r.join("/"));return n==="explore"&&a?{page:"operation",name:a,input:Xi(i.get("input"))}:n==="explore"?{page:n,query:i.get("q")??"",family:i.get("family")??""}:n==="runs"&&a?{page:"run",id:a}:n==="runs"?{page:n,state:i.get("state")??""}:n==="models"?{page:n,part:Ji.find(l=>l===a)??""}:n==="usage"?{page:n,...Yi(i)}:n==="budgets"?{page:n}:{page:"chat",id:n==="chat"&&a?a:null}}function v(t){let s=e=>encodeURIComponent(e);switch(t.page){case"chat":return t.id===null?"#/":`#/chat/${s(t.id)}`;case"explore":return`#/explore${Dt({q:t.query,family:t.family})}`;case"operation":return`#/explore/${s(t.name)}${Dt({input:t.input?JSON.stringify(t.input):""})}`;case"runs":return`#/runs${Dt({state:t.state})}`;case"run":return`#/runs/${s(t.id)}`;case"models":return t.part?`#/models/${t.part}`:"#/models";case"usage":{let{days:e,since:n,until:r,by:i,everyone:a}=t;return`#/usage${Dt({days:n||r||e===30?"":String(e),since:n,until:r,by:i==="day"?"":i,of:a?"all":""})}`}case"budgets":return"#/budgets"}}function Yi(t){let s=n=>t.get(n)?.match(/^\d{4}-\d{2}-\d{2}$/)?.[0]??"";return{days:Math.min(Math.max(1,Math.round(Number(t.get("days")))||30),3650),since:s("since"),until:s("until"),by:t.get("by")??"day",everyone:t.get("of")==="all"}}var fe=t=>{location.hash=v(t)},L=(t,s=null)=>v({page:"operation",name:t,input:s}),Nt=t=>history.replaceState(null,"",v(t));function Dt(t){let s=Object.entries(t).filter(([,e])=>e);return s.length?`?${new URLSearchParams(s)}`:""}function Qi(t){try{return decodeURIComponent(t)}catch{return t}}function Xi(t){try{let s=JSON.parse(t??"null");return typeof s=="object"&&!Array.isArray(s)?s:null}catch{return null}}function Re(t,s=null,e=[]){let n={question:t,attached:e,call:s,take:r=>Zi(n,r),runId:null,seq:0,state:"sending",standing:new Oe,steps:new Map,stored:null,calls:[],views:[],model:null,tokens:null,cost:0,progress:null,notes:[],problem:null,conversationId:null,answers:[]};return n}var Se=t=>ie.includes(t.state);function at(t){return[...t.steps].sort(([e],[n])=>e-n).map(([,e])=>e).filter(e=>e.trim()).join(`

`)||t.stored||""}function dr(t){let s=at(t);return t.views.filter(e=>e.kind!=="text"||!s.includes(e.text.trim()))}function Zi(t,s){t.state==="sending"&&(t.state="running");let e=s.body;switch(t.standing.hear(e),e.type){case"text_delta":t.steps.set(e.step,(t.steps.get(e.step)??"")+e.text);break;case"step_retried":t.steps.delete(e.step),t.notes.push(`The answer was cut off and began again. ${e.reason}`);break;case"model_called":t.model={provider:e.provider,model:e.model,demonstration:t.model?.demonstration??!1};break;case"tool_called":t.calls.push({id:e.call_id,operation:e.operation,arguments:e.arguments,state:"running",chosen:t.model!==null});break;case"tool_answered":{t.progress=null;let n=t.calls.find(r=>r.id===e.call_id);n&&(n.state=e.problem?"failed":"done",e.problem&&(n.problem=e.problem));break}case"progress":t.progress={fraction:e.fraction,message:e.message};break;case"surface":t.views.push(...e.views);break;case"warning":t.notes.push(e.message);break;case"succeeded":eo(t,e.result);break;case"failed":t.state="failed",t.problem=e.problem;break;case"cancelled":t.state="cancelled";break;case"model_answered":t.cost+=e.cost??0;break;case"started":case"reasoning_delta":case"input_required":case"approval_required":case"noted":case"artifact":case"cancel_requested":case"pause_requested":case"resume_requested":case"approved":case"rejected":case"input_provided":case"retry_scheduled":case"released":break;default:}if(Se(t)){t.progress=null;for(let n of t.calls)n.state==="running"&&(n.state="failed")}}function eo(t,s){t.state="succeeded",t.stored=s.response,t.conversationId=s.conversation_id,t.tokens=s.tokens_used??null,t.model={provider:s.provider,model:s.model,demonstration:s.demonstration??!1},t.views.length||(t.views=s.views??[])}var to=240;function pr(t,s,e,n){let r=!Se(t),i=at(t);return o`<article class="turn" aria-busy=${r}>
    ${t.attached.length?o`<div class="attached">${t.attached.map(so)}</div>`:c}
    ${t.question.length>to?o`<h2 class="long" dir="auto" tabindex="0">${t.question}</h2>`:o`<h2 dir="auto">${t.question||o`<span class="hidden">Without words</span>`}</h2>`}
    ${ue([t.seq,t.state],()=>t.calls.map(a=>no(a,t.views,i)))}
    ${ue([i],()=>i?o`<div class="prose" dir="auto">${N(i)}</div>`:c)}
    ${ue([t.views.length,i,e,s],()=>dr(t).map((a,l,d)=>oo(a,l>0||io(a,d),s,e)))}
    ${t.notes.map(a=>o`<p class="note">${a}</p>`)}
    ${r?ao(t):c} ${t.problem?w(t.problem,n.retry):c}
    ${t.state==="cancelled"?o`<p class="note">Stopped.</p>`:c}
    ${r?c:lo(t,n)}
  </article>`}function so(t){return t.gone?o`<p class="note">${t.name||t.media_type} was deleted since.</p>`:o`<nis-blob .blob=${t}></nis-blob>`}function no(t,s,e){let n=Object.entries(t.arguments),r=s.find(d=>d.kind==="form"&&d.operation===t.operation),i=d=>{let u=r?.request_schema.properties?.[d];return u?Ce(u,r.request_schema).unit??"":""},a={running:"computing",done:"computed",failed:"not computed"}[t.state],l=t.problem&&!e.includes(t.problem.detail)?t.problem:null;return o`<details class="call" ?open=${t.chosen||l!==null}>
    <summary><span class="state ${t.state}">${a}</span> <code>${t.operation}</code></summary>
    ${n.length?o`<dl>
          ${n.map(([d,u])=>o`<div><dt>${I(d)}</dt><dd>${ro(u)} ${i(d)}</dd></div>`)}
        </dl>`:o`<p class="hint">Without arguments.</p>`}
    ${l?o`<p class="bad">${l.detail} ${l.remedy??""}</p>`:c}
    <p class="hint"><a href=${L(t.operation,t.arguments)}>Open it in Explore</a></p>
  </details>`}function ro(t){if(typeof t=="number")return x(t);let s=typeof t=="string"?t:JSON.stringify(t);return s.length>200?`${s.slice(0,199)}…`:s}function io(t,s){if(t.kind!=="table")return!1;let e=s.flatMap(r=>r.kind==="form"?Object.keys(r.request_schema.properties??{}):[]),n=new Set(e.map(I));return t.rows.every(([r])=>n.has(r))}function oo(t,s,e,n){return t.kind==="form"?o`<nis-form .form=${t} ?asks=${e} ?disabled=${n}></nis-form>`:t.kind==="table"&&s?o`<details class="aside"><summary>${t.title}</summary>${rt(t)}</details>`:he(t)}function ao(t){let{progress:s,runId:e}=t,{asked:n,state:r}=t.standing;return V().state!=="ok"?Es("the server is out of reach; the answer goes on once it is back"):n&&e?o`<nis-asked .runId=${e} .asked=${n}></nis-asked>`:r==="paused"&&e?o`${Es("paused")} <p><button class="small" @click=${()=>{Z(e,"resume").catch(()=>{})}}>Go on</button></p>`:s?o`<p class="waiting">
      <progress max="1" .value=${s.fraction} aria-label="Progress"></progress> ${s.message}
    </p>`:Es(at(t)?"answering":"thinking")}var Es=t=>o`<p class="waiting"><span class="pulse"></span><span class="quiet">${t}</span></p>`;function lo(t,{retry:s,branch:e,turnTo:n,rates:r}){return!t.model&&!t.runId?c:o`<footer>
    <span class="acts">
      ${t.state==="succeeded"?o`<nis-copy .text=${()=>at(t)} label="Copy the answer"></nis-copy>`:c}
      ${s&&!t.problem?.retryable?ur("again","Answer again",s):c} ${e?ur("branch","Go on from here in another conversation",e):c}
      ${r&&t.state==="succeeded"&&t.runId?o`<nis-feedback .runId=${t.runId}></nis-feedback>`:c}
      ${t.answers.length>1?co(t,n):c}
    </span>
    ${t.model?o`<span>${t.model.provider} · ${t.model.model}</span>`:c}
    ${t.model?.demonstration?o`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`:c}
    ${t.tokens?o`<span>${t.tokens} tokens</span>`:c}
    ${t.cost?o`<span>${T(t.cost/me)}</span>`:c}
    ${t.runId?o`<a class="run id" href=${v({page:"run",id:t.runId})} title="The run's events">${t.runId}</a>`:c}
  </footer>`}var ur=(t,s,e)=>o`<button class="ghost" aria-label=${s} title=${s} @click=${e}>${$(t)}</button>`;function co(t,s){let e=t.answers.indexOf(t.runId),n=(r,i,a)=>o`<button class="ghost" aria-label=${i} title=${i} ?disabled=${!a} @click=${()=>s(a)}>${$(r)}</button>`;return o`${n("left","The answer before",t.answers[e-1])}<span>${e+1} of ${t.answers.length}</span>${n("right","The answer after",t.answers[e+1])}`}var hr=8,uo="image/png,image/jpeg,image/gif,image/webp,image/tiff,image/bmp,image/avif,audio/*,text/plain,text/markdown,text/csv,application/json",As=class extends f{constructor(){super();this.model="";this.input=B();this.chooser=B();this.addresses=new Map;[this.busy,this.below,this.models,this.files,this.over]=[!1,!1,null,[],!1],this.beside=c}static{this.properties={busy:{type:Boolean},below:{type:Boolean},models:{attribute:!1},beside:{attribute:!1},files:{state:!0},over:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.files.forEach(e=>this.release(e))}focus(){this.input.value?.focus()}give(e,n){this.input.value.value||(this.input.value.value=e),this.add(n)}add(e){this.files=[...this.files,...e].slice(0,hr)}leave(e){this.files=this.files.filter(n=>n!==e),this.release(e),this.focus()}release(e){let n=this.addresses.get(e);n&&URL.revokeObjectURL(n),this.addresses.delete(e)}address(e){return this.addresses.has(e)||this.addresses.set(e,URL.createObjectURL(e)),this.addresses.get(e)}send(e){e.preventDefault();let n=this.input.value,r={message:n.value.trim(),files:this.files};this.busy||!(r.message||r.files.length)||(n.value="",this.files=[],r.files.forEach(i=>this.release(i)),this.dispatchEvent(new CustomEvent("say",{detail:r})))}paste(e){let n=[...e.clipboardData?.files??[]];n.length&&(e.preventDefault(),this.add(n))}hold(e){e.dataTransfer?.types.includes("Files")&&(e.preventDefault(),this.over=!0)}drop(e){this.over=!1,e.dataTransfer?.files.length&&(e.preventDefault(),this.add(e.dataTransfer.files),this.focus())}render(){return o`<form class="composer" @submit=${e=>this.send(e)}>
      ${this.below?o`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${$("arrow")}
          </button>`:c}
      <div
        class="box ${this.over?"over":""}"
        @dragover=${e=>this.hold(e)} @dragleave=${()=>this.over=!1} @drop=${e=>this.drop(e)}
      >
        ${this.files.length?o`<ul class="files" aria-label="Attached">${this.files.map(e=>this.preview(e))}</ul>`:c}
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${G(this.input)}
          @paste=${e=>this.paste(e)}
          @keydown=${e=>{e.key==="Enter"&&!e.shiftKey&&!e.isComposing&&this.send(e)}}
        ></textarea>
        ${this.attach()} ${this.modelLine()} ${this.beside}
        ${this.busy?o`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>this.dispatchEvent(new Event("stop"))}>
              ${$("stop")}
            </button>`:o`<button class="round primary" aria-label="Send" title="Send">${$("send")}</button>`}
      </div>
    </form>`}preview(e){return o`<li>
      ${e.type.startsWith("image/")?o`<img src=${this.address(e)} alt="" />`:c}
      <span>${e.name} <span class="note">${Ye(e.size)}</span></span>
      <button type="button" class="ghost" aria-label=${`Remove ${e.name}`} title="Remove" @click=${()=>this.leave(e)}>${$("close")}</button>
    </li>`}attach(){return o`<button
        type="button" class="ghost attach" aria-label="Attach a picture, a sound or a text" title="Attach"
        ?disabled=${this.files.length>=hr} @click=${()=>this.chooser.value.click()}
      >
        ${$("plus")}
      </button>
      <input
        type="file" class="hidden" id="files" aria-label="Files to attach" tabindex="-1" multiple accept=${uo} ${G(this.chooser)}
        @change=${e=>{let n=e.target;this.add(n.files??[]),n.value="",this.focus()}}
      />`}modelLine(){let e=this.models?.models??[],n=r=>`${r.provider} · ${r.name}${r.demonstration?" (demonstration model)":""}`;return e.length<2?o`<p class="model">${e[0]?n(e[0]):c}</p>`:o`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${r=>this.model=r.target.value}>
        <option value="">Model as set up</option>
        ${e.map(r=>o`<option value=${r.id}>${n(r)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-composer",As);var gr=new EventTarget,Ut=()=>{gr.dispatchEvent(new Event("change"))},mr=30,po=8,Ps=class extends f{static{this.properties={lines:{state:!0},query:{state:!0},hits:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.hits=null,this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}connectedCallback(){super.connectedCallback(),gr.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),F().then(s=>{let e=n=>q(s,`conversations.${n}`);this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(s=null){try{let e=await g(`/conversations?limit=${mr}${s?`&cursor=${encodeURIComponent(s)}`:""}`);this.lines=s?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(s){this.query=s;let{search:e}=this.can;if(this.hits=null,!(!s.trim()||!e))try{let n=await g(e.path,A("POST",{query:s,limit:mr})),r=new Map(n.matches.toReversed().map(i=>[i.conversation_id,i]));this.query===s&&(this.hits=n.matches.filter(i=>r.get(i.conversation_id)===i))}catch{}}async name(s,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,s,{title:e.trim()})}async forget(s){this.asking=null,await this.change(this.can.delete,s);let e=je(location.hash);e.page==="chat"&&e.id===s&&fe({page:"chat",id:null})}async change(s,e,n){try{await C(ke(s,e),n?A(s.method,n):{method:s.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return c;let s=je(location.hash),e=s.page==="chat"?s.id:null,n=this.query.toLowerCase(),r=this.lines.filter(i=>i.title.toLowerCase().includes(n));return o`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=po||this.query?o`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${i=>{let a=i.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(a)},150)}}
          />`:c}
      <ul>
        ${this.hits?this.hits.map(i=>ho(i)):r.map(i=>this.line(i,i.id===e))}
      </ul>
      ${this.query&&!(this.hits??r).length?o`<p class="empty">Nowhere was that said.</p>`:c}
      ${this.more&&!this.query?o`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:c}
    </section>`}line(s,e){return this.renaming===s.id?o`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${s.title}
          autofocus
          maxlength="200"
          @keydown=${n=>{n.key==="Enter"&&this.name(s.id,n.target.value),n.key==="Escape"&&(this.renaming=null)}}
          @blur=${n=>this.renaming===s.id&&void this.name(s.id,n.target.value)}
        />
      </li>`:this.asking===s.id?o`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(s.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:o`<li>
      <a href=${v({page:"chat",id:s.id})} aria-current=${e?"page":c} title=${s.title}>${s.title||"untitled"}</a>
      ${this.can.rename?o`<button class="ghost" aria-label="Rename ${s.title}" title="Rename" @click=${()=>this.rename(s.id)}>${$("edit")}</button>`:c}
      ${this.can.delete?o`<button class="ghost" aria-label="Delete ${s.title}" title="Delete" @click=${()=>this.asking=s.id}>${$("trash")}</button>`:c}
    </li>`}rename(s){this.renaming=s,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};function ho(t){let s=[],e=0;for(let[n,r]of t.marks)s.push(t.snippet.slice(e,n),o`<mark>${t.snippet.slice(n,r)}</mark>`),e=r;return s.push(t.snippet.slice(e)),o`<li class="match">
    <a href=${v({page:"chat",id:t.conversation_id})}>${t.title||"untitled"}<span>${s}</span></a>
  </li>`}customElements.define("nis-conversations",Ps);function De(t){let s=!1;return()=>{s||(s=!0,requestAnimationFrame(()=>{s=!1,t()}))}}var fr=()=>isSecureContext&&"mediaDevices"in navigator&&"AudioWorkletNode"in window,Ht=class{constructor(s){this.listener=s;this.context=null;this.socket=null;this.tracks=[];this.playing=new Set;this.rate=0;this.until=0;this.muted=0}async open(s){let e=await navigator.mediaDevices.getUserMedia({audio:{echoCancellation:!0,noiseSuppression:!0,channelCount:1}});this.tracks=e.getTracks();let n=this.context=new AudioContext,r=n.sampleRate<=48e3?n:this.context=new AudioContext({sampleRate:48e3});r!==n&&n.close(),await r.audioWorklet.addModule("/console/microphone.js");let i=this.socket=new WebSocket(`${location.origin.replace("http","ws")}/ws/voice`);i.binaryType="arraybuffer",i.onmessage=a=>{typeof a.data=="string"?this.heed(JSON.parse(a.data)):this.play(a.data)},i.onclose=a=>{a.reason&&this.listener.failed({title:"The conversation was closed",detail:a.reason}),this.close()},i.onopen=()=>{i.send(JSON.stringify({type:"start",sample_rate:r.sampleRate,...s}));let a=new AudioWorkletNode(r,"microphone",{numberOfOutputs:0});a.port.onmessage=l=>{i.readyState===WebSocket.OPEN&&i.send(l.data)},r.createMediaStreamSource(e).connect(a)}}interrupt(){this.tell({type:"interrupt"})}say(s){return this.tell({type:"text_input",text:s})}tell(s){return this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(s)),!0)}close(){let s=this.socket;if(!(!s&&!this.tracks.length)){this.socket=null,s&&(s.onclose=null),s?.close(),this.silence();for(let e of this.tracks)e.stop();this.tracks=[],this.context?.close(),this.context=null,this.listener.closed()}}heed(s){switch(s.type){case"transcript_partial":this.listener.said(String(s.text));break;case"transcript":this.listener.said("");break;case"turn_started":this.listener.turn(String(s.run_id),String(s.message),String(s.conversation_id));break;case"sentence":this.rate=Number(s.sample_rate);break;case"interrupted":this.muted=s.turn,this.silence();break;case"error":this.listener.failed(s.error)}}play(s){let e=this.context;if(!e||new DataView(s).getUint32(0)<=this.muted)return;let n=Float32Array.from(new Int16Array(s,8),l=>l/32768),r=e.createBuffer(1,n.length,this.rate);r.copyToChannel(n,0);let i=e.createBufferSource();i.buffer=r,i.connect(e.destination),i.onended=()=>this.playing.delete(i),this.playing.add(i);let a=Math.max(this.until,e.currentTime+.05);i.start(a),this.until=a+r.duration}silence(){for(let s of this.playing)s.stop();this.playing.clear(),this.until=0}};var Ms=class extends f{constructor(){super();this.voice=null;this.settings=()=>({}),[this.open,this.said,this.trouble]=[!1,"",null]}static{this.properties={settings:{attribute:!1},open:{state:!0},said:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.voice?.close()}close(){this.voice?.close()}interrupt(){this.voice?.interrupt()}say(e){return this.voice?.say(e)??!1}async toggle(){if(this.voice)return this.voice.close();[this.trouble,this.open]=[null,!0];let e=this.voice=new Ht({said:n=>this.said=n,turn:(n,r,i)=>this.dispatchEvent(new CustomEvent("spoken",{detail:{runId:n,question:r,conversationId:i}})),failed:n=>this.trouble=n,closed:()=>{[this.voice,this.open,this.said]=[null,!1,""]}});try{await e.open(this.settings())}catch(n){this.trouble=n instanceof DOMException?{title:n.name,detail:"The microphone cannot be used.",remedy:n.message}:k(n),e.close(),[this.voice,this.open]=[null,!1]}}render(){if(!fr()||Y.get()!==null)return c;let e=this.trouble?`${this.trouble.detail} ${this.trouble.remedy??""}`:this.said||"Listening…",n=this.open?"Stop talking":"Talk";return o`${this.open||this.trouble?o`<p class="said ${this.trouble?"wrong":""}" role="status">${e}</p>`:c}
      <button
        type="button" class="round talk" aria-label=${n} title=${n} aria-pressed=${this.open} @click=${()=>{this.toggle()}}
      >${$("microphone")}</button>`}};customElements.define("nis-talk",Ms);var mo=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]];function br(t,s,e){return o`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${t?o` Or <a href="#/explore">explore all ${t} operations</a>.`:c}
    </p>
    <ul>
      ${mo.map(([n,r])=>o`<li>
          <button @click=${i=>e(r,i)}><strong>${n}</strong><span>${r}</span></button>
        </li>`)}
    </ul>
    <p class="from">
      Programs ask the same: OpenAI's clients at <code>${location.origin}/v1</code>, Anthropic's at <code>${location.origin}</code>, agents
      at <code>/mcp</code> and <code>/a2a</code>, any other over <a href="/docs">REST</a>.
    </p>
    ${s&&!s.models.length?o`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${s.unavailable.map(n=>o`<p>${n.provider}: ${n.reason} <span class="remedy">${n.remedy}</span></p>`)}
        </div>`:c}
  </section>`}var Cs=class extends f{constructor(){super();this.opened=null;this.reading=new AbortController;this.composer=B();this.talk=B();this.sticks=!0;this.paint=De(()=>this.requestUpdate());this.grown=new ResizeObserver(()=>{this.measure()});this.scrolled=()=>{this.sticks=this.measure()<80};this.again=()=>{this.conversationId===null&&this.turns.length&&v({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.lines=[],this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},lines:{state:!0},below:{state:!0}}}connectedCallback(){super.connectedCallback(),this.grown.observe(this),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),j.addEventListener("change",this.paint),this.listModels(),F().then(e=>this.lines=e,()=>{})}disconnectedCallback(){super.disconnectedCallback(),this.grown.disconnect(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),j.removeEventListener("change",this.paint),this.reading.abort()}measure(){let e=document.documentElement.scrollHeight-innerHeight-scrollY;return this.below=e>400,e}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await g("/models")}catch(e){e instanceof M||et()}}get busy(){return this.turns.some(e=>!Se(e))}get model(){let e=this.composer.value?.model;return e?{model:e}:{}}get watcher(){return{changed:this.paint,waiting:Le,signal:this.reading.signal}}async open(e){if(this.talk.value?.close(),this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.composer.value?.focus();let n=this.watcher;this.loading=!0;try{let r=await g(`/conversations/${encodeURIComponent(e)}`,{signal:n.signal});this.turns=r.turns.map(i=>{let a=Re(i.message,null,i.attachments);return a.runId=i.run_id,a.stored=i.response,a.views=i.views,a.problem=i.problem??null,a.answers=[...i.alternatives??[],i.run_id].sort(),a.state=["queued","paused","waiting"].includes(i.state)?"running":i.state,a}),this.sticks=!0}catch(r){if(n.signal.aborted)return;this.trouble=O(r)}finally{n.signal.aborted||(this.loading=!1)}for(let r of this.turns.toReversed())await this.replay(r,n)}async replay(e,n){let r=Re(e.question,null,e.attached);r.runId=e.runId,r.answers=e.answers;let i=!Se(e);i&&this.swap(e,r);try{await _e(r,n),i||this.swap(e,r)}catch(a){i&&this.fail(r,a,n.signal)}}named(e){this.opened=e,Ut(),this.isConnected&&(Nt({page:"chat",id:e}),this.conversationId=e)}async say(e,n=null,r=[],i=[]){if(this.busy||!(e.trim()||r.length||i.length)||n===null&&!r.length&&!i.length&&this.talk.value?.say(e))return;let l=Re(e,n,i);this.turns=[...this.turns,l],this.sticks=!0;let d=this.watcher,u=this.opened;try{l.attached=[...i,...await Promise.all(r.map(Pt))]}catch(p){return this.fail(l,p,d.signal),this.composer.value?.give(e,r),this.requestUpdate()}let m={message:e,attachments:l.attached.map(p=>p.id),genui_enabled:!1,...u===null?{}:{conversation_id:u},...this.model,...n?{call:{operation:n.operation,arguments:n.arguments}}:{}},h=u!==null,b=()=>{d.changed(),!(h||l.runId===null)&&(h=!0,this.nameAfter(l,d))};try{await Xe("/chat",m,l,{...d,changed:b})}catch(p){this.fail(l,p,d.signal)}this.requestUpdate()}async spoken({runId:e,question:n,conversationId:r}){let i=Re(n);i.runId=e,this.turns=[...this.turns,i],this.sticks=!0,this.opened===null&&this.named(r);let a=this.watcher;try{await _e(i,a)}catch(l){this.fail(i,l,a.signal)}this.requestUpdate()}get talking(){return q(this.lines,"voice.transcribe_audio")?o`<nis-talk
      .settings=${()=>({...this.opened===null?{}:{conversation_id:this.opened},...this.model})} ${G(this.talk)} @spoken=${n=>{this.spoken(n.detail)}}
    ></nis-talk>`:c}async nameAfter(e,n){try{let r=await g(`/runs/${encodeURIComponent(e.runId)}`,{signal:n.signal});r.conversation_id!==null&&!n.signal.aborted&&this.named(r.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,n,r){r.aborted&&e.runId===null&&(e.state="cancelled"),!r.aborted&&(e.state="failed",e.problem=O(n))}async stop(){this.talk.value?.interrupt();let e=this.turns.find(n=>!Se(n));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await Z(e.runId,"cancel")}catch(n){e.notes.push(n instanceof M?n.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}async retry(e){let n=q(this.lines,"conversations.regenerate_answer");if(!n||!this.opened||!e.runId)return this.turns=this.turns.filter(u=>u!==e),this.say(e.question,e.call,[],e.attached);let r=Re(e.question,e.call,e.attached);r.answers=e.answers.length?e.answers:[e.runId];let i=r.answers;this.swap(e,r);let a=this.watcher,l=()=>{r.runId!==null&&!r.answers.includes(r.runId)&&(r.answers=[...i,r.runId]),a.changed()},d={run_id:e.runId,...this.model};try{await Xe(ke(n,this.opened),d,r,{...a,changed:l})}catch(u){this.fail(r,u,a.signal)}Ut(),this.requestUpdate()}async turnTo(e,n){let r=Re(e.question,e.call,e.attached);[r.runId,r.answers]=[n,e.answers];let i=this.watcher;try{await _e(r,i),this.swap(e,r)}catch(a){i.signal.aborted||e.notes.push(k(a).detail),this.requestUpdate()}}async branch(e){let n=q(this.lines,"conversations.branch_conversation");try{let r=await g(ke(n,this.opened),A("POST",{run_id:e.runId}));Ut(),fe({page:"chat",id:r.id})}catch(r){e.notes.push(k(r).detail),this.requestUpdate()}}swap(e,n){this.turns=this.turns.map(r=>r===e?n:r)}acts(e,n,r){let i=e.state==="succeeded"&&this.opened!==null&&q(this.lines,"conversations.branch_conversation"),a=q(this.lines,"conversations.regenerate_answer")!==null||e.state!=="succeeded";return{...n&&!r&&a?{retry:()=>{this.retry(e)}}:{},...i&&!r?{branch:()=>{this.branch(e)}}:{},turnTo:l=>{this.turnTo(e,l)},rates:q(this.lines,"feedback.create_feedback")!==null}}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let n=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0,r=Math.min(e.getBoundingClientRect().top+scrollY-n,document.documentElement.scrollHeight-innerHeight);r>scrollY&&scrollTo({top:r})}render(){let e=this.busy,n=!this.turns.length&&!this.loading&&!this.trouble;return o`<div class="column chat ${n?"blank":""}">
      ${n?c:o`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble?w(this.trouble):n?br(this.lines.length,this.models,(r,i)=>this.begin(r,i)):c}
      ${this.loading?o`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:c}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${r=>{this.say(r.detail.message,r.detail)}}
      >
        ${this.turns.map((r,i)=>pr(r,i===this.turns.length-1,e,this.acts(r,i===this.turns.length-1,e)))}
      </div>
      <nis-composer
        ?busy=${e} ?below=${this.below} .models=${this.models} .beside=${this.talking} ${G(this.composer)}
        @say=${r=>{this.say(r.detail.message,null,r.detail.files)}} @stop=${()=>{this.stop()}}
      ></nis-composer>
    </div>`}begin(e,n){n.detail===0&&this.composer.value?.focus(),this.say(e)}};customElements.define("nis-chat",Cs);var go=200,Ls=class extends f{constructor(){super();this.asking=new AbortController;this.press=e=>{let n={ArrowDown:1,ArrowUp:-1}[e.key],r=[...this.querySelectorAll(".cards a")],i=r.indexOf(document.activeElement);!n||i<0||(e.preventDefault(),(r[i+n]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await F(),this.trouble=null}catch(e){this.trouble=k(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:n}=this.asking=new AbortController,{query:r}=this;this.timer=setTimeout(()=>{Cn(r,n).then(i=>this.meant=i,()=>{})},go)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,Nt({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],n=this.family?e.filter(a=>Q(a.name)===this.family):e,r=Et(n,this.query),i=this.meant.map(a=>q(n,a)).filter(a=>a!==null&&!r.includes(a));return o`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||c} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${$("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${a=>this.type(a.target.value)}
          @keydown=${a=>{a.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),a.key==="Enter"&&this.querySelector(".cards a")?.click(),(a.key==="ArrowDown"||a.key==="Enter")&&a.preventDefault()}}
        />
      </div>
      ${this.trouble?w(this.trouble,()=>{this.load()}):c}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${r.length+i.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...r,...i]):this.sections(r)}
      </div>
      ${this.lines&&this.query&&!r.length&&!i.length?o`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:c}
    </div>`}chips(e){return[["",e.length],...is(e)].map(([r,i])=>o`<a
        class="chip" href=${v({page:"explore",query:this.query,family:r})} aria-current=${r===this.family?"true":c}
        >${r?I(r):"all"} <span>${i}</span></a
      >`)}sections(e){return is(e).map(([n])=>o`<section>
        <h2>${I(n)}</h2>
        ${this.cards(e.filter(r=>Q(r.name)===n))}
      </section>`)}cards(e){return o`<ul class="cards">
      ${e.map(n=>o`<li>
          <a href=${L(n.name)}>
            <span class="title"><code>${n.name}</code>${Os(n)}</span>
            <span class="summary">${n.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function Os(t){let s={model:"",stream:"streams",run:"is a run"}[t.shape];return o`<span class="badges">
    <span class="badge ${t.effect}">${t.effect}</span>${s?o`<span class="badge">${s}</span>`:c}
  </span>`}customElements.define("nis-explore",Ls);var E=class extends f{constructor(){super();this.pause=5e3;this.round=0;this.back=()=>{this.trouble&&V().state==="ok"&&this.again()};[this.trouble,this.loading]=[null,!1]}static{this.properties={trouble:{state:!0},loading:{state:!0}}}connectedCallback(){super.connectedCallback(),j.addEventListener("change",this.back),this.timer=setInterval(()=>{!document.hidden&&!this.loading&&this.holds&&V().state==="ok"&&this.again()},this.pause)}firstUpdated(){this.again()}disconnectedCallback(){super.disconnectedCallback(),j.removeEventListener("change",this.back),clearInterval(this.timer)}async again(){let e=++this.round;this.loading=!0;try{let n=await this.look();if(e!==this.round)return;n(),this.trouble=null}catch(n){e===this.round&&(this.trouble=O(n))}finally{e===this.round&&(this.loading=!1)}}async change(e,n,r,i=null){let a=i?{of:{id:i.id},given:i}:{};await it({name:e,title:n,button:r,...a})&&await this.again()}get holds(){return!this.trouble||this.trouble.retryable===!0}standing(e,n){return this.trouble?w(this.trouble,()=>{this.again()}):e?c:o`<div class="skeleton" aria-label="Reading ${n}"><i></i><i></i><i></i></div>`}},Ne=class extends E{static{this.properties={...E.properties,lines:{state:!0},more:{state:!0}}}constructor(){super(),[this.lines,this.more]=[null,null]}async look(){let{lines:s,next_cursor:e}=await this.page(null);return()=>{let n=new Set(s.map(l=>l.id)),r=this.lines??[],i=r.filter(l=>!n.has(l.id)),a=r.length>s.length&&i.length<r.length;this.lines=a?[...s,...i]:s,a||(this.more=e)}}async next(){try{let{lines:s,next_cursor:e}=await this.page(this.more);[this.lines,this.more]=[[...this.lines??[],...s],e]}catch(s){this.trouble=O(s)}}};var qs=null;async function z(t){qs??=g("/identity/get-caller").then(({scopes:i})=>i,i=>{throw qs=null,i});let s=await qs,[e,n]=t.split(":"),r=n==="admin"?[]:["*",`${e}:*`,...n==="read"?[`${e}:write`]:[]];return[t,...r].some(i=>s.includes(i))}var ee="server:admin";var $r=.8,Is=class extends E{static{this.properties={...E.properties,budgets:{state:!0},more:{state:!0},admin:{state:!0},writes:{state:!0}}}constructor(){super(),[this.budgets,this.more,this.admin,this.writes]=[null,!1,!1,!1]}async look(){let[s,e,n]=await Promise.all([z(ee),z("budgets:write"),g("/budgets?limit=100")]);return()=>{[this.budgets,this.more]=[n.budgets,n.next_cursor!==null],[this.admin,this.writes]=[s,e]}}render(){let{budgets:s}=this;return o`<div class="column wide-column">
      <header class="head">
        <h1>Budgets ${this.writes?o`<button class="primary small" @click=${()=>{this.change("budgets.create_budget","A new budget","Create")}}>New budget</button>`:c}</h1>
        <p class="lede">
          What may be spent on models. What a call can cost at most is reserved before it is sent: one that could cross a limit is
          refused, or takes a cheaper route.
        </p>
        ${s&&!this.admin?o`<p class="note">These are yours. Budgets of keys, users and the server are for who has the scope <code>server:admin</code>.</p>`:c}
      </header>
      ${this.standing(s!==null,"the budgets")}
      ${s&&this.holds?s.length?o`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:o`<p class="empty">There is no budget: nothing limits what is spent. What is spent is under <a href="#/usage">Usage</a>.</p>`:c}
      ${this.more?o`<p class="note">These are the newest hundred; <a href=${L("budgets.list_budgets")}>find others by what they are about</a>.</p>`:c}
    </div>`}row(s){let e=s.scope==="server"?"The whole server":s.subject==="*"?`Every ${s.scope}`:`${s.scope} ${s.subject}`,n=s.name||e,{used:r,limit:i}=s,a=r===null?null:i>0?r/i:1;return o`<li class="panel">
      <div class="bar">
        <h2>${n}</h2>
        ${s.enabled?c:o`<span class="badge">does not hold</span>`}
        ${this.writes?o`<button class="small" aria-label="Edit ${n}" @click=${()=>{this.change("budgets.update_budget",`Change ${n}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${n}" @click=${()=>{this.change("budgets.delete_budget",`Delete ${n}?`,"Delete",s)}}>Delete</button>`:c}
      </div>
      ${a===null?o`<p class="spend">up to <strong>${T(i)}</strong> for each ${s.scope}</p>`:o`<p class="spend"><strong>${T(r)}</strong> of ${T(i)} <span class="note">${ot(a)}</span>${fo(s,a)}</p>
            <meter min="0" max="1" low=${$r} high="0.9999" optimum="0" value=${Math.min(1,a)} aria-label="Used of ${n}">${ot(a)}</meter>`}
      <p class="facts">
        ${s.name||!["*",""].includes(s.subject)?o`<span>${bo(s)}</span>`:c}
        <span>${s.period==="total"?"in all":`a ${s.period}`}${s.resets_at?o`, anew on ${new Date(s.resets_at).toLocaleString(void 0,{dateStyle:"medium",timeStyle:"short"})}`:c}</span>
        <span>${s.model?o`models <code>${s.model}</code>`:"all models"}</span>
        <span>${s.action==="refuse"?"then calls are refused":"then a cheaper route is taken"}</span>
      </p>
    </li>`}};function fo(t,s){return s<$r||!t.enabled?c:o` <strong class=${s<1?"warned":"bad"}>${s<1?"nearly used up":t.action==="refuse"?"used up: calls are refused":"used up"}</strong>`}function bo({scope:t,subject:s}){if(t==="server")return"the whole server";if(s==="*")return`every ${t}`;let e=t==="run"?v({page:"run",id:s}):t==="conversation"?v({page:"chat",id:s}):"";return o`${t} ${e?o`<a class="id" href=${e}>${s}</a>`:o`<code>${s}</code>`}`}customElements.define("nis-budgets",Is);var $o=["","running","queued","waiting","paused","succeeded","failed","cancelled"],js=25,vo=2e3,Ds=class extends f{constructor(){super();this.again=()=>{this.trouble&&V().state==="ok"&&this.load()};this.state="",this.lines=[],this.more=null,this.loading=!0,this.trouble=null}static{this.properties={state:{attribute:!1},lines:{state:!0},more:{state:!0},loading:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>{this.lines.slice(0,js).some(n=>!ie.includes(n.state))&&!document.hidden&&!this.loading&&this.load(!0)},vo),j.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),j.removeEventListener("change",this.again)}willUpdate(e){e.has("state")&&(this.lines=[],this.load())}async load(e=!1){let{state:n}=this;this.loading=!e;try{let r=await this.page(null);if(n!==this.state)return;let i=new Set(r.runs.map(l=>l.id)),a=e&&this.lines.length>js?this.lines.filter(l=>!i.has(l.id)):[];this.lines=[...r.runs,...a],a.length||(this.more=r.next_cursor),this.trouble=null}catch(r){this.trouble=O(r)}finally{this.loading=!1}}async next(){try{let e=await this.page(this.more);this.lines=[...this.lines,...e.runs],this.more=e.next_cursor}catch(e){this.trouble=O(e)}}page(e){let n={limit:String(js),...this.state?{state:this.state}:{},...e?{cursor:e}:{}};return g(`/runs?${new URLSearchParams(n)}`)}render(){return o`<div class="column wide-column">
      <header class="head">
        <h1>Runs</h1>
        <p class="lede">Every turn and every long task is a run: a log of numbered events, kept, watched live, stopped from anywhere.</p>
      </header>
      <nav class="families" aria-label="State">
        ${$o.map(e=>o`<a class="chip" href=${v({page:"runs",state:e})} aria-current=${e===this.state?"true":c}
            >${e||"all"}</a
          >`)}
      </nav>
      ${this.trouble?w(this.trouble,()=>{this.load()}):c}
      ${this.lines.length?this.list():c}
      ${this.loading?o`<div class="skeleton" aria-label="Reading the runs"><i></i><i></i><i></i></div>`:c}
      ${!this.lines.length&&!this.loading&&!this.trouble?o`<p class="empty">${this.state?`No run is ${this.state}.`:o`Nothing has run yet. <a href="#/">Ask something</a>, or <a href="#/explore">call an operation</a> that is a run.`}</p>`:c}
      ${this.more?o`<button @click=${()=>{this.next()}}>Earlier runs</button>`:c}
    </div>`}list(){return o`<div class="wide" role="region" aria-label="Runs" tabindex="0">
      <table class="runs">
        <thead>
          <tr><th scope="col">State</th><th scope="col">Operation</th><th scope="col">Started</th><th scope="col" class="n">Took</th><th scope="col" class="n">Events</th><th scope="col">Run</th></tr>
        </thead>
        <tbody>
          ${this.lines.map(e=>o`<tr>
              <td>${lt(e.state)}</td>
              <td><a href=${v({page:"run",id:e.id})}><code>${e.operation}</code></a></td>
              <td><time datetime=${new Date(e.created*1e3).toISOString()} title=${new Date(e.created*1e3).toLocaleString()}>${Ee(e.created)}</time></td>
              <td class="n">${ie.includes(e.state)?X(e.updated-e.created):"…"}</td>
              <td class="n">${e.last_seq}</td>
              <td class="id">${e.id}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`}},lt=t=>o`<span class="state-mark ${t}"><i></i>${t}</span>`;function Ee(t){let s=Date.now()/1e3-t;if(s<45)return"just now";let e=[[60,"minute"],[3600,"hour"],[86400,"day"]],[n,r]=e.findLast(([i])=>s>=i*.75)??e[0];return new Intl.RelativeTimeFormat("en",{numeric:"auto"}).format(-Math.round(s/n),r)}customElements.define("nis-runs",Ds);var yo=["id","owner","created","updated"],vr=120,Ns=class extends Ne{async page(s){let e={limit:"50",...s?{cursor:s}:{}},{changes:n,next_cursor:r}=await g(`/routes/list-changes?${new URLSearchParams(e)}`);return{lines:n,next_cursor:r}}render(){let{lines:s}=this;return o`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${this.standing(s!==null,"the changes")}
      ${s&&this.holds?s.length?o`<ol class="budgets">${s.map(wo)}</ol>`:o`<p class="empty">Nothing has been changed since this server was set up.</p>`:c}
      ${this.more?o`<button @click=${()=>{this.next()}}>Earlier changes</button>`:c}`}};function wo(t){let s=new Date(t.created*1e3),e=(t.after??t.before)?.name;return o`<li class="panel change">
    <p>
      <strong>${t.by_owner}</strong>${t.by_key?o` <span class="note">with ${t.by_key}</span>`:c}
      ${t.action}d the ${t.subject} ${typeof e=="string"&&e?o`${e} `:c}<code>${t.subject_id}</code>
      <time class="note" datetime=${s.toISOString()} title=${s.toLocaleString()}>${Ee(t.created)}</time>
    </p>
    ${t.before&&t.after?yr(t.before,t.after):o`<details><summary>What it ${t.after?"is":"was"}</summary>${yr(t.before??{},t.after??{})}</details>`}
  </li>`}function yr(t,s){let[e,n]=[Us(t),Us(s)],r=Object.keys({...e,...n}).filter(a=>!yo.includes(a)&&!xe(e[a],n[a])),i=a=>o`<div>
    <dt>${a==="cap"?"limit":a}</dt>
    <dd>${a in e?o`<del>${wr(e[a],a)}</del>`:c} ${a in n?o`<ins>${wr(n[a],a)}</ins>`:c}</dd>
  </div>`;return o`<dl class="rows">${r.map(i)}</dl>`}function Us(t,s=""){let e=t;if(typeof t=="string"&&/^[[{]/.test(t))try{e=JSON.parse(t)}catch{}return typeof e!="object"||e===null?{[s]:t}:Object.assign({},...Object.entries(e).map(([n,r])=>Us(r,s?`${s}.${n}`:n)))}function wr(t,s){if(/^(cap$|rates\.)/.test(s)&&typeof t=="number")return T(t/me);let e=typeof t=="string"?t||"nothing":JSON.stringify(t)??"nothing";return e.length>vr?`${e.slice(0,vr)}…`:e}customElements.define("nis-changes",Ns);var Fs=o`<p class="note">To change them takes a key with the scope <code>server:admin</code>, which this one has not.</p>`,Hs=class extends E{static{this.properties={...E.properties,routes:{state:!0},more:{state:!0},writes:{state:!0}}}constructor(){super(),[this.routes,this.more,this.writes]=[null,!1,!1]}async look(){let[s,e]=await Promise.all([z(ee),g("/routes?limit=100")]);return()=>{[this.routes,this.more,this.writes]=[e.routes,e.next_cursor!==null,s]}}render(){let{routes:s}=this;return o`<header class="head">
        <h1>Routes ${this.writes?o`<button class="primary small" @click=${()=>{this.change("routes.create_route","A new route","Create")}}>New route</button>`:c}</h1>
        <p class="lede">
          A name that callers give as <code>model</code>. Of a tier, models share the calls by their weights; when none of them answers,
          the next tier is asked.
        </p>
        ${s&&!this.writes?Fs:c}
      </header>
      ${this.standing(s!==null,"the routes")}
      ${s&&this.holds?s.length?o`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:o`<p class="empty">There is no route: a caller names a model itself, and is told when that one fails.</p>`:c}
      ${this.more?o`<p class="note">These are the first hundred by name.</p>`:c}`}row(s){let{policy:e}=s,n=[...new Set(s.targets.map(r=>r.tier))].sort((r,i)=>r-i);return o`<li class="panel">
      <div class="bar">
        <h2><code>${s.id}</code></h2>
        ${s.enabled?c:o`<span class="badge">disabled</span>`}
        <button class="small" aria-label="Explain ${s.id}" @click=${()=>{this.change("routes.explain_route",`Where a call to ${s.id} goes now`,"Explain",s)}}>Explain</button>
        ${this.writes?o`<button class="small" aria-label="Edit ${s.id}" @click=${()=>{this.change("routes.update_route",`Change ${s.id}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("routes.delete_route",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:c}
      </div>
      <ol class="tiers">
        ${n.map((r,i)=>o`<li>${i?o`<span class="note">then </span>`:c}${ko(s.targets.filter(a=>a.tier===r))}</li>`)}
      </ol>
      <p class="facts">
        <span>${e.retries===1?"1 retry":`${e.retries} retries`}</span>
        <span>first word within ${e.first_byte} s, whole within ${e.total} s</span>
        ${e.hedge_after===null?c:o`<span>hedged after ${e.hedge_after} s</span>`}
        ${e.cache==="none"?c:o`<span>${e.cache} cache for ${e.cache_seconds} s</span>`}
        ${e.ladder.length?o`<span>cheaper: ${e.ladder.join(", ")}</span>`:c}
      </p>
    </li>`}};function ko(t){let s=t.reduce((e,n)=>e+n.weight,0);return t.map(e=>o`<span class="target"><code>${e.model}</code> ${t.length>1?o`<span class="note">${e.weight?ot(e.weight/s):"after the others"}</span>`:c}</span>`)}customElements.define("nis-routes",Hs);var Vs=class extends E{static{this.properties={...E.properties,providers:{state:!0},writes:{state:!0}}}constructor(){super(),[this.providers,this.writes]=[null,!1]}async look(){let[s,{providers:e}]=await Promise.all([z(ee),g("/providers")]);return()=>{[this.providers,this.writes]=[e,s]}}render(){let{providers:s}=this;return o`<header class="head">
        <h1>Providers ${this.writes?o`<button class="primary small" @click=${()=>{this.change("providers.create_provider","A new provider","Create")}}>New provider</button>`:c}</h1>
        <p class="lede">Who is asked for models. Keys stay in the server's settings and are only named here. A state is what this process sees.</p>
        ${s&&!this.writes?Fs:c}
      </header>
      ${this.standing(s!==null,"the providers")}
      ${s&&this.holds?o`<div class="wide" role="region" aria-label="Providers" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  ${["provider","state","speaks","address","key"].map(e=>o`<th scope="col">${e}</th>`)}
                  <th scope="col" class="n">at a time</th><th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${s.map(e=>this.row(e))}</tbody>
            </table>
          </div>`:c}`}row(s){let e=s.state==="ready";return o`<tr>
      <th scope="row"><code>${s.id}</code>${s.source==="settings"?c:o`<span class="note">${s.source}</span>`}</th>
      <td class=${e?"":"said"}><span class="state-mark ${e?"ok":s.enabled?"failed":""}"><i></i>${s.state}</span></td>
      <td>${s.kind}</td>
      <td class="id">${s.url||"this machine"}</td>
      <td>${s.key_name?o`<code>${s.key_name}</code>`:s.url&&s.source==="settings"?"the settings'":"–"}</td>
      <td class="n">${s.concurrency}</td>
      <td class="does">
        <button class="small" aria-label="Test ${s.id}" @click=${()=>{this.change("providers.test_provider",`Test ${s.id}`,"Test again",s)}}>Test</button>
        ${this.writes?o`<button class="small plain" aria-label="Edit ${s.id}" @click=${()=>{this.change("providers.update_provider",`Change ${s.id}`,"Save",s)}}>Edit</button>
              ${s.source==="run time"?o`<button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("providers.delete_provider",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:c}`:c}
      </td>
    </tr>`}};customElements.define("nis-providers",Vs);var xo=12,To=20,kr=new Set(["route","agent"]),_o=[["","models"],["routes","routes"],["providers","providers"],["changes","changes"]];function xr(t){let s={"":o`<nis-models></nis-models>`,routes:o`<nis-routes></nis-routes>`,providers:o`<nis-providers></nis-providers>`,changes:o`<nis-changes></nis-changes>`};return o`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${_o.map(([e,n])=>o`<a class="chip" href=${v({page:"models",part:e})} aria-current=${e===t?"true":c}>${n}</a>`)}
    </nav>
    ${s[t]}
  </div>`}var Ws=class extends E{constructor(){super();this.free=new Set;this.pause=6e4;[this.listed,this.prices,this.sought,this.sets]=[null,new Map,"",!1]}static{this.properties={...E.properties,listed:{state:!0},prices:{state:!0},sought:{state:!0},sets:{state:!0}}}async look(){let[e,n,r,{providers:i}]=await Promise.all([z(ee),g("/models?limit=1000"),this.known(),g("/providers")]);return()=>{[this.listed,this.prices,this.sets]=[n,r,e],this.free=new Set(i.filter(a=>!a.billed).map(a=>a.id))}}async known(){let e=new Map,n=null;for(let r=0;r<To;r++){let i=new URLSearchParams({limit:"100",...n?{cursor:n}:{}}),{prices:a,next_cursor:l}=await g(`/models/list-prices?${i}`);for(let d of a)e.set(d.model,d);if(n=l,n===null)break}return e}render(){let{listed:e}=this;return o`<header class="head">
        <h1>Models</h1>
        <p class="lede">What <code>model</code> takes, in the chat and over every protocol. Prices are in dollars for a million tokens.</p>
      </header>
      ${this.standing(e!==null,"the models")}
      ${e&&this.holds?this.shown(e):c}`}shown({models:e,unavailable:n}){let r=e.filter(i=>i.id.toLowerCase().includes(this.sought.toLowerCase()));return o`${n.map(i=>o`<div class="failure"><p><strong>${i.provider} lists no model.</strong> ${i.reason} <span class="remedy">${i.remedy}</span></p></div>`)}
      ${e.length>xo?o`<label class="hidden" for="sought">Find a model</label>
            <input id="sought" class="sought" type="search" placeholder="Find a model" @input=${i=>this.sought=i.target.value} />`:c}
      ${r.length?o`<div class="wide" role="region" aria-label="Models" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">model</th><th scope="col">can</th>
                  ${["context","$ in","$ cached","$ out"].map(i=>o`<th scope="col" class="n">${i}</th>`)}
                  <th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${r.map(i=>this.row(i))}</tbody>
            </table>
          </div>`:o`<p class="empty">${e.length?"No model is called that.":o`There is no model. <a href="#/models/providers">Set up a provider.</a>`}</p>`}`}row(e){let n=this.prices.get(e.id),r=m=>o`<td class="n" title=${n?`${n.source}${m?.[1]?`; ${m.slice(1).map(({over:h,dollars:b})=>`${T(b)} above ${_(h)} tokens`).join(", ")}`:""}`:c}>
        ${m?.[0]?T(m[0].dollars):"–"}${m?.[1]?"+":""}
      </td>`,i=n?.context??e.context_tokens,[a,l,d]=[n?.input[0]?.dollars,n?.cached[0]?.dollars,n?.output[0]?.dollars],u={input:a,output:d,cached:l===a?void 0:l,context:n?.context};return o`<tr>
      <th scope="row"><code>${e.id}</code> ${e.demonstration?o`<span class="badge">demonstration</span>`:c}</th>
      <td>${e.tools?"use tools":""}</td>
      <td class="n">${i==null?"–":_(i)}</td>
      ${n?o`${r(n.input)}${r(n.cached)}${r(n.output)}`:o`<td class="n note" colspan="3">${this.free.has(e.provider)?"not billed":kr.has(e.provider)?"by its models":"no price known"}</td>`}
      <td class="does">
        <button class="small" aria-label="Test ${e.id}" @click=${()=>{it({name:"models.test_model",title:`Test ${e.id}`,button:"Test again",of:{id:e.id}})}}>Test</button>
        ${this.sets&&!kr.has(e.provider)?o`<button
              class="small plain" aria-label="Set the price of ${e.id}"
              @click=${async()=>{let m=`${e.provider}:${e.name}`;await it({name:"models.set_price",title:`What ${e.id} costs`,button:"Set",of:{model:m},given:u})&&await this.again()}}
            >Price</button>`:c}
      </td>
    </tr>`}};customElements.define("nis-models",Ws);var Ft=100;function Tr(t,s){let e=Math.max(...s.map(i=>i.value)),n=s.find(i=>i.value===e),r=i=>e>0?i/e*Ft:0;return o`<figure class="bars">
    <figcaption>${t} <span class="note">${e>0?`at most ${n.said}`:c}</span></figcaption>
    <svg
      role="img" viewBox="0 0 ${s.length} ${Ft}" preserveAspectRatio="none"
      aria-label="${t}, ${s[0]?.label} to ${s.at(-1)?.label}${e>0?`; the most on ${n.label}: ${n.said}`:""}"
    >
      ${s.map(({label:i,value:a,said:l},d)=>H`<g>
          <title>${i}: ${l}</title>
          <rect class="back" x=${d} width="1" height=${Ft}></rect>
          <rect x=${d+.12} width="0.76" y=${Ft-r(a)} height=${r(a)}></rect>
        </g>`)}
    </svg>
    <p class="ends" aria-hidden="true"><span>${s[0]?.label}</span><span>${s.at(-1)?.label}</span></p>
  </figure>`}var Bs=class extends Ne{async page(s){let{calls:e,next_cursor:n}=await g(`/calls?${new URLSearchParams({limit:"20",...s?{cursor:s}:{}})}`);return{lines:e,next_cursor:n}}render(){let{lines:s}=this;return o`<section class="panel" id="calls">
      <div class="bar"><h2>Your last calls</h2></div>
      ${this.standing(s!==null,"the calls")}
      ${s&&this.holds?s.length?this.table(s):o`<p class="empty">None yet.</p>`:c}
      ${this.more?o`<button class="small" @click=${()=>{this.next()}}>Earlier calls</button>`:c}
    </section>`}table(s){return o`<div class="wide" role="region" aria-label="Your last calls" tabindex="0">
      <table class="runs calls">
        <thead><tr>${[["ended",""],["sent",""],["model",""],["for",""],["tokens","n"],["cost","n"],["first word","n"],["whole","n"]].map(([n,r])=>o`<th scope="col" class=${r}>${n}</th>`)}</tr></thead>
        <tbody>${s.map(n=>this.row(n))}</tbody>
      </table>
    </div>`}row(s){let e=new Date(s.created*1e3);return o`<tr>
      <td>${lt(s.state)}${s.problem?o`<span class="note">${s.problem}</span>`:c}</td>
      <td><time datetime=${e.toISOString()} title=${e.toLocaleString()}>${Ee(s.created)}</time></td>
      <td>
        <code>${s.provider}:${s.model}</code>
        ${s.route||s.attempt>1?o`<span class="note">${s.route?`on ${s.route}`:""}${s.attempt>1?` try ${s.attempt}`:""}</span>`:c}
      </td>
      <td>${s.run_id?o`<a href=${v({page:"run",id:s.run_id})}>${s.operation}</a>`:s.operation}</td>
      <td class="n" title="in and out">${_(s.input)} → ${_(s.output)}</td>
      <td class="n">${s.priced?T(s.cost):o`<span class="note">no price</span>`}</td>
      <td class="n">${ge(s.first_ms)}</td>
      <td class="n">${ge(s.total_ms)}</td>
    </tr>`}};customElements.define("nis-calls",Bs);var Ro=["day","model","provider","route","operation","key"],So=[[1,"today"],[7,"7 days"],[30,"30 days"],[90,"90 days"]],Eo=864e5,Ao={key:"no key",route:"no route"},Po=400,Gs=t=>new Date(t).toISOString().slice(0,10),Vt=(t,s)=>Gs(Date.parse(t)+s*Eo),Ks=class extends E{constructor(){super();this.down=e=>{e.preventDefault(),this.querySelector("#calls")?.scrollIntoView()};[this.daily,this.groups,this.admin,this.unsaved]=[null,null,!1,null]}static{this.properties={...E.properties,chosen:{attribute:!1},daily:{state:!0},groups:{state:!0},admin:{state:!0},unsaved:{state:!0}}}willUpdate(e){!this.hasUpdated||!e.has("chosen")||JSON.stringify(e.get("chosen"))===JSON.stringify(this.chosen)||(this.unsaved=null,this.again())}get asked(){let{since:e,until:n,days:r,everyone:i}=this.chosen,a=Gs(Date.now());return{...e||n?{since:e||null,until:n?Vt(n,1):null}:{since:Vt(a,1-r),until:Vt(a,1)},...i?{owner:"*"}:{}}}async look(){let{asked:e}=this,{by:n}=this.chosen,r=d=>g("/usage/get-usage",A("POST",{...e,by:[d]})),[i,a,l]=await Promise.all([z(ee),r("day"),n==="day"?null:r(n)]);return()=>{this.admin=i,[this.daily,this.groups]=[a,l??a]}}render(){let{daily:e,groups:n}=this;return o`<div class="column wide-column">
      <header class="head">
        <h1>Usage</h1>
        <p class="lede">Every call of a model, what it took and what it cost. The sums are exact: they are those of the <a href="#calls" @click=${this.down}>calls below</a>. Days are UTC.</p>
      </header>
      ${this.choice()}
      ${this.standing(e!==null,"the usage")}
      ${e&&n&&this.holds?e.total.calls?this.sums(e,n):Mo:c}
      ${this.unsaved?w(this.unsaved):c}
      <nis-calls></nis-calls>
    </div>`}choice(){let{chosen:e}=this,n=(a,l,d)=>o`<a class="chip" href=${v({...e,...l})} aria-current=${d?"true":c}>${a}</a>`,r=e.since||e.until,i=(a,l)=>o`<label>
      ${l}<input
        type="date" .value=${e[a]} max=${Gs(Date.now())}
        @change=${d=>fe({...e,[a]:d.target.value})}
      />
    </label>`;return o`<div class="choice">
      <nav class="families" aria-label="Days">
        ${So.map(([a,l])=>n(l,{days:a,since:"",until:""},!r&&e.days===a))}
      </nav>
      <div class="dates">${i("since","from")} ${i("until","to")}</div>
      ${this.admin?o`<nav class="families" aria-label="Whose">
            ${n("mine",{everyone:!1},!e.everyone)} ${n("everyone's",{everyone:!0},e.everyone)}
          </nav>`:c}
    </div>`}sums(e,n){let{total:r}=e,i=[["Cost",T(r.cost),r.saved?`${T(r.saved)} saved by the cache`:""],["Calls",_(r.calls),r.failed?`${_(r.failed)} failed`:"none failed"],["Cached",_(r.hits),"answered without a model"],["Tokens",_(r.input+r.output),`${_(r.input)} in, ${_(r.output)} out`],["First word",ge(r.first_ms),`on average; whole ${ge(r.total_ms)}`]];return o`<dl class="figures">
        ${i.map(([a,l,d])=>o`<div><dt>${a}</dt><dd>${l} <span class="note">${d}</span></dd></div>`)}
      </dl>
      ${r.unpriced?o`<p class="note">${_(r.unpriced)} of the calls were of models of which no price is known: what they cost is missing here. <a href="#/models">Set their prices.</a></p>`:c}
      <div class="pair">${this.chart(e,"Cost by day","cost",T)} ${this.chart(e,"Calls by day","calls",_)}</div>
      <section class="panel">
        <div class="bar">
          <h2>By ${this.chosen.by}</h2>
          <button class="small" @click=${()=>{this.save("usage")}}>Sums as CSV</button>
          ${this.chosen.everyone?c:o`<button class="small" @click=${()=>{this.save("calls")}}>Calls as CSV</button>`}
        </div>
        <nav class="families" aria-label="Sums by">
          ${Ro.map(a=>o`<a class="chip" href=${v({...this.chosen,by:a})} aria-current=${a===this.chosen.by?"true":c}>${a}</a>`)}
        </nav>
        ${this.table(n)}
      </section>`}chart(e,n,r,i){let a=new Map(e.rows.map(d=>[d.day,d[r]])),l=[];for(let d=e.since;d<e.until;d=Vt(d,1)){let u=a.get(d)??0;l.push({label:d,value:u,said:i(u)})}return l.length>1&&l.length<=Po?Tr(n,l):c}table({rows:e,by:[n=""]}){let r=n==="day"?[...e].reverse():e.toSorted((i,a)=>a.cost-i.cost||a.calls-i.calls);return o`<div class="wide" role="region" aria-label="Usage by ${n}" tabindex="0">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">${n}</th>
            ${["calls","failed","cached","tokens in","tokens out","cost","first word, mean","whole, mean"].map(i=>o`<th scope="col" class="n">${i}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${r.map(i=>o`<tr>
              <th scope="row">${i[n]||Ao[n]||"none"}</th>
              ${[_(i.calls),_(i.failed),_(i.hits),_(i.input),_(i.output),T(i.cost),ge(i.first_ms),ge(i.total_ms)].map(a=>o`<td class="n">${a}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </div>`}async save(e){this.unsaved=null;let n=this.chosen.by==="day"?["day"]:["day",this.chosen.by];try{let r=await C("/usage/get-export",A("POST",{...this.asked,what:e,by:n},{Accept:"text/csv"})),i=document.createElement("a");i.href=URL.createObjectURL(await r.blob()),i.download=r.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]??`${e}.csv`,i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),6e4)}catch(r){this.unsaved=k(r)}}},Mo=o`<p class="empty">No calls in these days. <a href="#/">Ask something in the chat</a>, or send a request to <code>/v1/chat/completions</code>: it is here a moment later.</p>`;customElements.define("nis-usage",Ks);function _r(t){let[,...s]=t.description.split(/\n\s*\n/),e=[["REST",t.routes.map(n=>o`<code>${n}</code> `)],["MCP tool",o`<code>${Ge(t.id)}</code>`],["Command line",o`<code>nis call ${t.id}</code>`],["Scopes",t.scopes.length?t.scopes.map(n=>o`<code>${n}</code> `):"none"],["Time limit",t.shape==="run"?"the run's own":`${t.time_limit} s`],["Runs in",t.pool?`the worker pool ${t.pool}`:"the server"]];return o`${s.length?o`<section class="about prose">${N(Co(s.join(`

`)))}</section>`:c}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${e.map(([n,r])=>o`<div><dt>${n}</dt><dd>${r}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${Lo(t.result_schema)}
    </details>`}function Co(t){return t.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function Lo(t){let s=Object.entries(t.properties??{});return s.length?o`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${s.map(([e,n])=>o`<tr>
          <th scope="row"><code>${e}</code></th>
          <td class="kind">${zs(n)}</td>
          <td>${n.unit?o`<span class="unit">${n.unit}</span> `:c}${n.description?S(n.description):c}</td>
        </tr>`)}
    </tbody>
  </table></div>`:K(R(t))}function zs(t){let{$ref:s,anyOf:e,items:n,type:r,enum:i}=t;return s?s.replace("#/$defs/",""):i?i.map(a=>JSON.stringify(a)).join(", "):e?e.map(zs).join(" or "):r==="array"?`list of ${n?zs(n):"anything"}`:r??"anything"}function Rr(t,s,e,n){let r=Zn.filter(l=>l.fits?.(t)??!0),i=r.find(l=>l.id===e)??r[0],a=i.text({line:t,given:s,origin:location.origin,keyed:Y.get()!==null});return o`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${r.map(l=>o`<button type="button" aria-pressed=${l===i} @click=${()=>n(l.id)}>${l.name}</button>`)}
      </div>
      <nis-copy .text=${a} label="Copy the ${i.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${i.id}><code>${a}</code></pre>
    ${i.note?o`<p class="note">${i.note}</p>`:c}
    <p class="note"><a href=${L(t.name,s)}>A link to this call</a></p>
  </section>`}var Sr=400;function ct(t){let s=Oo(t),e=s.slice(-Sr),n=t[0]?.time??0;return o`${s.length>e.length?o`<p class="note">The last ${Sr} of ${s.length} entries.</p>`:c}
    <ol class="timeline">
      ${e.map(r=>o`<li class="${r.first.body.type} ${r.gone?"gone":""}">
          <span class="at" title=${new Date(r.first.time*1e3).toLocaleString()}>${X(r.first.time-n,2)}</span>
          <span class="seq">${r.first.seq===r.last.seq?r.first.seq:`${r.first.seq}–${r.last.seq}`}</span>
          <div class="what">${ue([r.first,r.last,r.gone],()=>qo(r))}</div>
        </li>`)}
    </ol>`}function Oo(t){let s=[];for(let e of t){let{body:n}=e;if(n.type==="noted")continue;if(n.type==="step_retried")for(let l of s)l.gone||=Js(l.first.body)&&l.first.body.step===n.step;let r=s.at(-1),i=Js(n)?n.text:"";r&&Js(n)&&r.first.body.type===n.type&&r.first.body.step===n.step?[r.last,r.text]=[e,r.text+i]:r?.first.body.type==="progress"&&n.type==="progress"?s[s.length-1]={...r,last:e}:s.push({first:e,last:e,text:i,gone:!1})}return s}var Js=t=>t.type==="text_delta"||t.type==="reasoning_delta";function qo({first:t,last:s,text:e,gone:n}){let r=s.body;switch(r.type){case"started":return o`<strong>Started</strong> <a href=${L(r.operation)}><code>${r.operation}</code></a>${r.attempt>1?o` <span class="note">attempt ${r.attempt}</span>`:c}`;case"text_delta":return o`${n?o`<span class="note">Taken back:</span>`:c}<div class="prose said">${N(e)}</div>`;case"reasoning_delta":return o`<details><summary>${n?"Taken back: it thought":"Thought"}</summary><div class="prose">${N(e)}</div></details>`;case"model_called":return o`<strong>Model asked</strong> ${r.provider} · ${r.model}`;case"model_answered":return o`<strong>Model answered</strong> <span class="note">${[r.answered_by,r.finish_reason,r.input_tokens?`${r.input_tokens} tokens in`:"",r.output_tokens?`${r.output_tokens} out`:"",r.cost?T(r.cost/me):""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return o`<strong>Called</strong> <a href=${L(r.operation,r.arguments)}><code>${r.operation}</code></a>
        ${Ae("Arguments",r.arguments)}`;case"tool_answered":return o`<strong>${r.problem?"Refused":"Answered"}</strong> <code>${r.operation}</code>
        ${r.problem?w(r.problem):Ae("Result",r.result)}`;case"progress":return o`<strong>Progress</strong> <progress max="1" .value=${r.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*r.fraction)} % ${r.message}</span>`;case"surface":return o`<strong>Shown</strong> ${r.views.map(he)}`;case"input_required":return o`<strong>Asks</strong> for ${r.missing.join(", ")||"a choice"} ${r.operation?o`of <code>${r.operation}</code>`:c}
        <span class="note">${r.question}</span>`;case"approval_required":return o`<strong>Asks</strong> to be allowed <code>${r.operation}</code> <span class="note">${r.reason}</span>
        ${Ae("Arguments",r.arguments)}`;case"noted":return o`<strong>Noted</strong> <code>${r.name}</code> ${Ae("Value",r.value)}`;case"artifact":return o`<strong>Made</strong> ${r.name} <span class="note">${r.media_type} · ${r.size} bytes</span>`;case"step_retried":return o`<strong>Begun again</strong> <span class="note">step ${r.step}: ${r.reason}</span>`;case"warning":return o`<strong>Warning</strong> ${r.message}`;case"cancel_requested":return o`<strong>Told to stop</strong>`;case"pause_requested":return o`<strong>Told to pause</strong>`;case"resume_requested":return o`<strong>Told to go on</strong>`;case"approved":return o`<strong class="good">Approved</strong>`;case"rejected":return o`<strong class="bad">Rejected</strong> ${r.reason}`;case"input_provided":return o`<strong>Told</strong> ${Ae("Values",r.values)}`;case"retry_scheduled":return o`<strong>To be tried again</strong> ${r.problem.detail?w(r.problem):c}`;case"released":return o`<strong>${{shutdown:"Handed over",paused:"Paused",waiting:"Waits"}[r.reason]}</strong>`;case"succeeded":return o`<strong class="good">Succeeded</strong> ${Ae("Result",r.result)}`;case"failed":return o`<strong class="bad">Failed</strong> ${w(r.problem)}`;case"cancelled":return o`<strong>Stopped</strong>`;default:return o`<strong>${t.body.type}</strong> ${Ae("Event",t.body)}`}}function Ae(t,s){return o`<details><summary>${t}</summary>${K(R(s))}</details>`}function Er(t,s,e,n){if(!t)return o`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${s.shape==="run"?", its events as they happen":s.shape==="stream"?", as it comes":""}.</p>`;let r=[["drawn","Drawn"],["json","JSON"],...t.log?[["events","Events"]]:[]],i=t.result!==void 0||t.items.length>0||t.log!==null;return o`<div class="bar">
      <h2>Result</h2>
      <span class="took ${t.state}" role="status">${Io(t)}</span>
      ${i?o`<div class="switch" role="group" aria-label="How to look at it">
              ${r.map(([a,l])=>o`<button type="button" aria-pressed=${a===e} @click=${()=>n(a)}>${l}</button>`)}
            </div>
            <nis-copy .text=${()=>R(Ys(t))} label="Copy the result as JSON"></nis-copy>`:c}
    </div>
    ${i?jo(t,e):t.state==="running"?o`<p class="waiting"><span class="pulse"></span> computing</p>`:c}
    ${t.log?.runId&&t.log.asked?o`<nis-asked .runId=${t.log.runId} .asked=${t.log.asked}></nis-asked>`:c}
    ${t.log?.runId?o`<p class="note">Run <a class="id" href=${v({page:"run",id:t.log.runId})}>${t.log.runId}</a></p>`:c}`}var Io=t=>t.state==="running"?t.items.length?`${t.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[t.state]} · ${X((t.took??0)/1e3)}`,Ys=t=>t.result??(t.log?t.log.events:t.items);function jo(t,s){if(s==="json")return K(R(Ys(t)));if(s==="events"&&t.log)return ct(t.log.events);if(t.log&&!t.views.length)return ct(t.log.events);let e=Vn(t.result);if(e)return o`<div class="views"><nis-text .file=${e}></nis-text></div>`;let n=t.views.filter(i=>i.kind!=="form"),r=us(t.result).map(i=>o`<nis-blob .blob=${i}></nis-blob>`);return n.length||r.length?o`<div class="views">${r}${n.map(he)}</div>`:t.items.length?Do(t.items):K(R(Ys(t)))}function Do(t){let s=t.filter(a=>typeof a=="object"&&a!==null),e=s.map(a=>typeof a.text=="string"?a.text:"").join("");if(e)return o`<div class="prose" aria-live="polite">${N(e)}</div>`;let n=[...new Set(s.flatMap(a=>Object.keys(a)))],r=a=>typeof a=="number"||typeof a=="string"?a:JSON.stringify(a)??"",i={kind:"table",title:"Items",columns:n,rows:s.slice(-200).map(a=>n.map(l=>r(a[l])))};return rt(i)}var Qs=class extends f{constructor(){super();this.root=null;this.calling=new AbortController;this.paint=De(()=>this.requestUpdate());this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.example="",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0},example:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&(this.example="",this.fill(this.input??{}))}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[n,r]=await Promise.all([St(e),F()]);if(e!==this.name)return;this.line=q(r,e),this.detail=n,this.example=!this.input&&n.examples.length?"0":"",this.fill(this.input??(n.examples[0]?Ar(n.examples[0]):{}))}catch(n){e===this.name&&(this.trouble=k(n))}}fill(e){this.root=oe(this.detail.request_schema,e),this.json!==null&&(this.json=R(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?D(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:n,given:r}=this;if(!n||this.outcome?.state==="running")return;if(r===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:i}=this.calling=new AbortController,a=this.outcome=tt();this.refusal=null,this.tab=n.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await jt(n,r,a,this.paint,i)}catch(l){a.state=i.aborted?"stopped":"failed",i.aborted||(this.refusal=O(l))}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"}),Mt(this.querySelector(".request"))}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await Z(e,"cancel")}catch(n){n instanceof M||this.calling.abort()}}render(){let{detail:e,line:n}=this,r=o`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${v({page:"explore",query:"",family:Q(this.name)})}>${I(Q(this.name))}</a>
    </p>`;return this.trouble?o`<div class="column wide-column">${r}${w(this.trouble,()=>{this.open()})}</div>`:!e||!n?o`<div class="column wide-column">${r}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`:o`<div class="column wide-column operation">
      ${r}
      <header class="head">
        <h1><code>${e.id}</code>${Os(e)}</h1>
        <p class="lede">${S(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,n)} ${_r(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(n)} ${Rr(n,this.given??{},this.snippet,i=>this.snippet=i)}</div>
      </div>
    </div>`}request(e,n){let r=this.outcome?.state==="running",i={root:e.request_schema,id:"r",errors:st(this.root,this.refusal),changed:()=>this.requestUpdate()};return o`<form
      class="panel"
      @submit=${a=>{this.call(a)}}
      @invalid=${Qe}
      @keydown=${a=>{a.key==="Enter"&&(a.ctrlKey||a.metaKey)&&a.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=R(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(i)}
      <div class="act">
        ${r?o`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:o`<button class="primary">${$("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${n.effect==="destroys"?o`<span class="note">This cannot be undone.</span>`:c}
      </div>
    </form>`}examples(e){return e.length?o`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${n=>{this.example=n.target.value,this.fill(this.example==="empty"?{}:Ar(e[Number(this.example)]))}}
      >
        <option value="" hidden .selected=${this.example===""}>Examples</option>
        ${e.map((n,r)=>o`<option value=${r} .selected=${String(r)===this.example}>${n.title}</option>`)}
        <option value="empty" .selected=${this.example==="empty"}>Empty</option>
      </select>`:c}form(e){let n=this.root?.parts??[];if(!n.length)return o`<p class="note">It takes no arguments.</p>`;let r=n.filter(a=>a.schema.knob&&!a.required),i=n.filter(a=>!r.includes(a));return o`${U(i,e)}
      ${r.length?o`<details class="more"><summary>${r.length} ${r.length>1?"settings":"setting"} of the method</summary>${U(r,e)}</details>`:c}`}editor(){return o`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?o`<p class="error">This is not a JSON object yet.</p>`:c}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=oe(this.detail.request_schema,e),this.json=null)}answer(e){let{outcome:n,refusal:r}=this,i=st(this.root,r);return o`<section class="panel result" aria-label="Result" aria-busy=${n?.state==="running"}>
      ${Er(n,e,this.tab,a=>this.tab=a)}
      ${r?w(i.size?{...r,errors:[]}:r,()=>{this.call()}):c}
    </section>`}};function Ar(t){let s=Object.entries(t.request).filter(([,e])=>typeof e!="string"||!/^\{[\w.]+\}$/.test(e));return Object.fromEntries(s)}customElements.define("nis-operation",Qs);var No=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"#/models",name:"Models and prices",note:"Models",icon:"models"},{to:"#/models/routes",name:"Routes of models",note:"Models",icon:"models"},{to:"#/models/providers",name:"Providers of models",note:"Models",icon:"models"},{to:"#/models/changes",name:"Changes of routes, prices and budgets",note:"Models",icon:"models"},{to:"#/usage",name:"Usage and cost",note:"Usage",icon:"usage"},{to:"#/budgets",name:"Budgets",note:"Budgets",icon:"budgets"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],Uo=12,Xs=class extends f{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}open(){this.query="",this.at=0,this.shown=!0,F().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),n=No.filter(a=>a.name.toLowerCase().includes(e)),i=Et(this.lines,e).map(a=>({to:L(a.name),name:a.name,note:a.summary,icon:"play"}));return[...n,...i].slice(0,Uo)}render(){if(!this.shown)return c;let{hits:e}=this;return o`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${$("explore")}
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
          @input=${n=>{this.query=n.target.value,this.at=0}}
          @keydown=${n=>this.press(n,e)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${e.map((n,r)=>o`<li
            id="hit-${r}"
            role="option"
            aria-selected=${r===this.at}
            @pointermove=${()=>this.at=r}
            @click=${()=>this.take(n)}
          >
            ${$(n.icon)}<span class="name">${n.name}</span><span class="note">${n.note}</span>
          </li>`)}
      </ul>
      ${e.length?c:o`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,n){let r={ArrowDown:1,ArrowUp:-1}[e.key];r?(e.preventDefault(),this.at=(this.at+r+n.length)%Math.max(1,n.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&n[this.at]&&(e.preventDefault(),this.take(n[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",Xs);var Ho=["queued","waiting","model","tools","own"],Fo={queued:"queued",waiting:"waiting",model:"model",tools:"tools",own:"nis"};function Vo(t,s){let e={queued:0,waiting:0,model:0,tools:0,own:0},[n,r,i,a,l]=[t,!1,!1,!1,0];for(let{time:d,body:u}of s){let m=i||u.type==="started";switch(e[r?m?"waiting":a?"model":l>0?"tools":"own":"queued"]+=d-n,n=d,u.type){case"started":[r,i]=[!0,!1];break;case"released":i=!0;break;case"model_called":a=!0;break;case"model_answered":case"step_retried":a=!1;break;case"tool_called":l+=1;break;case"tool_answered":l-=1}}return e}function Pr(t,s){let e=Vo(t,s),n=Ho.filter(a=>e[a]>0),r=n.reduce((a,l)=>a+e[l],0);if(!r)return c;let i=n.map((a,l)=>n.slice(0,l+1).reduce((d,u)=>d+e[u],0));return o`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${r} 1" preserveAspectRatio="none" aria-hidden="true">
      ${n.map((a,l)=>H`<rect class=${a} x=${i[l]-e[a]} width=${e[a]} height="1" />`)}
    </svg>
    <figcaption>
      ${n.map(a=>o`<span class=${a}><i></i>${Fo[a]} ${X(e[a],2)} <span class="note">${Math.round(100*e[a]/r)} %</span></span>`)}
    </figcaption>
  </figure>`}var Wo=[["Fork","runs.fork_run"],["Replay","runs.get_replay"],["Export","runs.get_export"]],Bo="the server is out of reach; the run goes on once it is back",Zs=class extends f{constructor(){super();this.log=new pe(null);this.reading=new AbortController;this.paint=De(()=>this.requestUpdate());this.again=()=>{this.trouble&&V().state==="ok"?this.open():this.paint()};this.run=null,this.trouble=null,this.refused=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0},refused:{state:!0}}}connectedCallback(){super.connectedCallback(),j.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),j.removeEventListener("change",this.again),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new pe(this.runId),[this.run,this.trouble,this.refused]=[null,null,null];try{this.run=await g(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await _e(this.log,{changed:this.paint,waiting:Le,signal:e}),this.run=await g(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(n){if(e.aborted)return;this.trouble=O(n)}}async tell(e){let n=this.log.ended;this.refused=null;try{let r=await(await Z(this.runId,e)).json();e==="retry"&&fe({page:"run",id:r.id})}catch(r){(n||!this.log.ended)&&(this.refused=k(r))}}render(){let{run:e,log:n}=this,r=n.events.length?n.state:e?.state??"queued",i=Math.max(e?.attempt??0,n.attempt),a=e?(n.ended?e.updated:n.events.at(-1)?.time??e.updated)-e.created:0,l=n.events.reduce((d,{body:u})=>d+(u.type==="model_answered"?u.cost??0:0),0);return o`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?w(this.trouble,()=>{this.open()}):c}
      ${e?o`<header class="head">
            <h1><a href=${L(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${lt(r)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${Ee(e.created)}</span>
              <span>${X(a)}</span>
              <span>${n.seq||e.last_seq} events</span>
              ${l?o`<span><a href=${L("usage.list_calls",{run_id:e.id})} title="What its models cost: its calls">${T(l/me)}</a></span>`:c}
              ${i>1?o`<span>attempt ${i}</span>`:c}
              ${e.conversation_id?o`<a href=${v({page:"chat",id:e.conversation_id})}>its conversation</a>`:c}
              ${e.parent?o`<span>from <a class="id" href=${v({page:"run",id:e.parent})}>${e.parent}</a> after event ${e.parent_seq}</span>`:c}
              ${lr(r,d=>{this.tell(d)})}
              ${n.ended?Wo.map(([d,u])=>o`<a href=${L(u,{id:e.id})}>${d}</a>`):c}
            </div>
          </header>
          ${this.refused?w(this.refused):c}
          ${n.asked?o`<nis-asked .runId=${e.id} .asked=${n.asked}></nis-asked>`:c}
          ${Pr(e.created,n.events)}
          <details class="panel"><summary>Request</summary>${K(R(e.input))}</details>`:c}
      <section aria-label="Events" aria-live=${n.ended?"off":"polite"}>${ct(n.events)}</section>
      ${e&&!n.ended&&!this.trouble?o`<p class="waiting"><span class="pulse"></span> <span>${V().state!=="ok"?Bo:r==="running"?"live":r}</span></p>`:c}
    </div>`}};customElements.define("nis-run",Zs);var en="nis-theme",tn=()=>{let t=localStorage.getItem(en);return t==="light"||t==="dark"?t:"auto"};function Mr(t){t==="auto"?localStorage.removeItem(en):localStorage.setItem(en,t),Go()}function Go(){document.documentElement.dataset.theme=tn()}var sn=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"},{page:"models",also:"models",name:"Models",icon:"models",to:"#/models"},{page:"usage",also:"usage",name:"Usage",icon:"usage",to:"#/usage"},{page:"budgets",also:"budgets",name:"Budgets",icon:"budgets",to:"#/budgets"}],nn=class extends f{constructor(){super();this.dialog=B();this.drawer=B();this.draw=()=>{this.drawn=!0,this.drawer.value.showModal()};this.forget=()=>{Y.forget(),location.reload()};this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=je(location.hash),this.keyWanted=null,this.drawn=!1,Mn(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0},drawn:{state:!0}}}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.went()),j.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}went(){if(this.route=je(location.hash),Cr)return;scrollTo({top:0}),document.activeElement?.closest("main input, main textarea, dialog")||this.updateComplete.then(()=>this.querySelector("#main").focus({preventScroll:!0}))}askKey(e){return new Promise(n=>{let r=this.keyWanted;this.keyWanted={again:e||(r?.again??!1),give:i=>{r?.give(i),n(i)}}})}press(e){let n=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!n)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"?`${e.name} · nis`:e.page==="chat"?"nis":`${sn.find(n=>n.page===e.page||n.also===e.page).name} · nis`}render(){return o`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${$("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${Ko}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${$("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${sn.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${$("book")}<span>API reference</span></a>
          ${Y.get()===null?c:o`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${$("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${sn.map(e=>this.link(e))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${G(this.drawer)}
        @click=${e=>(e.target===e.currentTarget||e.target.closest("a"))&&this.drawer.value.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${$("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${()=>this.drawer.value.close()}>${$("close")}</button>
        </div>
        ${this.drawn?o`<nis-conversations></nis-conversations>`:c}
      </dialog>
      <nis-palette></nis-palette>
      <nis-act></nis-act>
      ${this.keyDialog()}
    `}link(e){let n=this.route.page===e.page||this.route.page===e.also;return o`<a href=${e.to} aria-current=${n?"page":c}>${$(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return o`<nis-chat .conversationId=${e.id}></nis-chat>`;case"explore":return o`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return o`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return o`<nis-runs .state=${e.state}></nis-runs>`;case"run":return o`<nis-run .runId=${e.id}></nis-run>`;case"models":return xr(e.part);case"usage":return o`<nis-usage .chosen=${e}></nis-usage>`;case"budgets":return o`<nis-budgets></nis-budgets>`}}status(){let e=V(),n={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return o`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${n}</span></p>`}themes(){let e=tn(),n={auto:"light",light:"dark",dark:"auto"},r={auto:"auto",light:"sun",dark:"moon"},i={auto:"as the system",light:"light",dark:"dark"};return o`<button
      class="ghost"
      title="Theme: ${i[e]}"
      aria-label="Theme: ${i[e]}. Change to ${i[n[e]]}"
      @click=${()=>{Mr(n[e]),this.requestUpdate()}}
    >
      ${$(r[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return c;let{again:e,give:n}=this.keyWanted;return o`<dialog class="key" ${G(this.dialog)} aria-labelledby="key-title" @cancel=${r=>r.preventDefault()}>
      <form
        method="dialog"
        @submit=${r=>{let i=new FormData(r.currentTarget).get("key");this.keyWanted=null,n(String(i).trim()),this.updateComplete.then(()=>this.querySelector("#message, [data-first]")?.focus())}}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${e?o`<strong class="bad">That key was not accepted.</strong> `:c}It is the value of NIS_API_KEY where the
          server runs, or what <code>nis keys create</code> answered, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`}},Ko=o`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`,Cr=!1;globalThis.navigation?.addEventListener("navigate",t=>{Cr=t.navigationType==="traverse"||t.navigationType==="replace"});customElements.define("nis-console",nn);export{nn as NisConsole};
