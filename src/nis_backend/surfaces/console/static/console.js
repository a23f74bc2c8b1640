var Ee=globalThis,Me=Ee.ShadowRoot&&(Ee.ShadyCSS===void 0||Ee.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,sn=Symbol(),nn=new WeakMap,Re=class{constructor(n,e,s){if(this._$cssResult$=!0,s!==sn)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=n,this.t=e}get styleSheet(){let n=this.o,e=this.t;if(Me&&n===void 0){let s=e!==void 0&&e.length===1;s&&(n=nn.get(e)),n===void 0&&((this.o=n=new CSSStyleSheet).replaceSync(this.cssText),s&&nn.set(e,n))}return n}toString(){return this.cssText}},rn=t=>new Re(typeof t=="string"?t:t+"",void 0,sn);var on=(t,n)=>{if(Me)t.adoptedStyleSheets=n.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of n){let s=document.createElement("style"),r=Ee.litNonce;r!==void 0&&s.setAttribute("nonce",r),s.textContent=e.cssText,t.appendChild(s)}},at=Me?t=>t:t=>t instanceof CSSStyleSheet?(n=>{let e="";for(let s of n.cssRules)e+=s.cssText;return rn(e)})(t):t;var{is:cs,defineProperty:us,getOwnPropertyDescriptor:ds,getOwnPropertyNames:ps,getOwnPropertySymbols:hs,getPrototypeOf:ms}=Object,Pe=globalThis,an=Pe.trustedTypes,fs=an?an.emptyScript:"",gs=Pe.reactiveElementPolyfillSupport,ue=(t,n)=>t,lt={toAttribute(t,n){switch(n){case Boolean:t=t?fs:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,n){let e=t;switch(n){case Boolean:e=t!==null;break;case Number:e=t===null?null:Number(t);break;case Object:case Array:try{e=JSON.parse(t)}catch{e=null}}return e}},cn=(t,n)=>!cs(t,n),ln={attribute:!0,type:String,converter:lt,reflect:!1,useDefault:!1,hasChanged:cn};Symbol.metadata??=Symbol("metadata"),Pe.litPropertyMetadata??=new WeakMap;var N=class extends HTMLElement{static addInitializer(n){this._$Ei(),(this.l??=[]).push(n)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(n,e=ln){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(n)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(n,e),!e.noAccessor){let s=Symbol(),r=this.getPropertyDescriptor(n,s,e);r!==void 0&&us(this.prototype,n,r)}}static getPropertyDescriptor(n,e,s){let{get:r,set:i}=ds(this.prototype,n)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let l=r?.call(this);i?.call(this,o),this.requestUpdate(n,l,s)},configurable:!0,enumerable:!0}}static getPropertyOptions(n){return this.elementProperties.get(n)??ln}static _$Ei(){if(this.hasOwnProperty(ue("elementProperties")))return;let n=ms(this);n.finalize(),n.l!==void 0&&(this.l=[...n.l]),this.elementProperties=new Map(n.elementProperties)}static finalize(){if(this.hasOwnProperty(ue("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(ue("properties"))){let e=this.properties,s=[...ps(e),...hs(e)];for(let r of s)this.createProperty(r,e[r])}let n=this[Symbol.metadata];if(n!==null){let e=litPropertyMetadata.get(n);if(e!==void 0)for(let[s,r]of e)this.elementProperties.set(s,r)}this._$Eh=new Map;for(let[e,s]of this.elementProperties){let r=this._$Eu(e,s);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(n){let e=[];if(Array.isArray(n)){let s=new Set(n.flat(1/0).reverse());for(let r of s)e.unshift(at(r))}else n!==void 0&&e.push(at(n));return e}static _$Eu(n,e){let s=e.attribute;return s===!1?void 0:typeof s=="string"?s:typeof n=="string"?n.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(n=>this.enableUpdating=n),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(n=>n(this))}addController(n){(this._$EO??=new Set).add(n),this.renderRoot!==void 0&&this.isConnected&&n.hostConnected?.()}removeController(n){this._$EO?.delete(n)}_$E_(){let n=new Map,e=this.constructor.elementProperties;for(let s of e.keys())this.hasOwnProperty(s)&&(n.set(s,this[s]),delete this[s]);n.size>0&&(this._$Ep=n)}createRenderRoot(){let n=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return on(n,this.constructor.elementStyles),n}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(n=>n.hostConnected?.())}enableUpdating(n){}disconnectedCallback(){this._$EO?.forEach(n=>n.hostDisconnected?.())}attributeChangedCallback(n,e,s){this._$AK(n,s)}_$ET(n,e){let s=this.constructor.elementProperties.get(n),r=this.constructor._$Eu(n,s);if(r!==void 0&&s.reflect===!0){let i=(s.converter?.toAttribute!==void 0?s.converter:lt).toAttribute(e,s.type);this._$Em=n,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(n,e){let s=this.constructor,r=s._$Eh.get(n);if(r!==void 0&&this._$Em!==r){let i=s.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:lt;this._$Em=r;let l=o.fromAttribute(e,i.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(n,e,s,r=!1,i){if(n!==void 0){let o=this.constructor;if(r===!1&&(i=this[n]),s??=o.getPropertyOptions(n),!((s.hasChanged??cn)(i,e)||s.useDefault&&s.reflect&&i===this._$Ej?.get(n)&&!this.hasAttribute(o._$Eu(n,s))))return;this.C(n,e,s)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(n,e,{useDefault:s,reflect:r,wrapped:i},o){s&&!(this._$Ej??=new Map).has(n)&&(this._$Ej.set(n,o??e??this[n]),i!==!0||o!==void 0)||(this._$AL.has(n)||(this.hasUpdated||s||(e=void 0),this._$AL.set(n,e)),r===!0&&this._$Em!==n&&(this._$Eq??=new Set).add(n))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let n=this.scheduleUpdate();return n!=null&&await n,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let s=this.constructor.elementProperties;if(s.size>0)for(let[r,i]of s){let{wrapped:o}=i,l=this[r];o!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,i,l)}}let n=!1,e=this._$AL;try{n=this.shouldUpdate(e),n?(this.willUpdate(e),this._$EO?.forEach(s=>s.hostUpdate?.()),this.update(e)):this._$EM()}catch(s){throw n=!1,this._$EM(),s}n&&this._$AE(e)}willUpdate(n){}_$AE(n){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(n)),this.updated(n)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(n){return!0}update(n){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(n){}firstUpdated(n){}};N.elementStyles=[],N.shadowRootOptions={mode:"open"},N[ue("elementProperties")]=new Map,N[ue("finalized")]=new Map,gs?.({ReactiveElement:N}),(Pe.reactiveElementVersions??=[]).push("2.1.2");var ut=globalThis,un=t=>t,Ce=ut.trustedTypes,dn=Ce?Ce.createPolicy("lit-html",{createHTML:t=>t}):void 0,dt="$lit$",H=`lit$${Math.random().toFixed(9).slice(2)}$`,pt="?"+H,$s=`<${pt}>`,X=document,pe=()=>X.createComment(""),he=t=>t===null||typeof t!="object"&&typeof t!="function",ht=Array.isArray,$n=t=>ht(t)||typeof t?.[Symbol.iterator]=="function",ct=`[ 	
\f\r]`,de=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,pn=/-->/g,hn=/>/g,Y=RegExp(`>|${ct}(?:([^\\s"'>=/]+)(${ct}*=${ct}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),mn=/'/g,fn=/"/g,vn=/^(?:script|style|textarea|title)$/i,mt=t=>(n,...e)=>({_$litType$:t,strings:n,values:e}),a=mt(1),F=mt(2),Yr=mt(3),w=Symbol.for("lit-noChange"),u=Symbol.for("lit-nothing"),gn=new WeakMap,Q=X.createTreeWalker(X,129);function bn(t,n){if(!ht(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return dn!==void 0?dn.createHTML(n):n}var yn=(t,n)=>{let e=t.length-1,s=[],r,i=n===2?"<svg>":n===3?"<math>":"",o=de;for(let l=0;l<e;l++){let c=t[l],d,m,h=-1,f=0;for(;f<c.length&&(o.lastIndex=f,m=o.exec(c),m!==null);)f=o.lastIndex,o===de?m[1]==="!--"?o=pn:m[1]!==void 0?o=hn:m[2]!==void 0?(vn.test(m[2])&&(r=RegExp("</"+m[2],"g")),o=Y):m[3]!==void 0&&(o=Y):o===Y?m[0]===">"?(o=r??de,h=-1):m[1]===void 0?h=-2:(h=o.lastIndex-m[2].length,d=m[1],o=m[3]===void 0?Y:m[3]==='"'?fn:mn):o===fn||o===mn?o=Y:o===pn||o===hn?o=de:(o=Y,r=void 0);let p=o===Y&&t[l+1].startsWith("/>")?" ":"";i+=o===de?c+$s:h>=0?(s.push(d),c.slice(0,h)+dt+c.slice(h)+H+p):c+H+(h===-2?l:p)}return[bn(t,i+(t[e]||"<?>")+(n===2?"</svg>":n===3?"</math>":"")),s]},me=class t{constructor({strings:n,_$litType$:e},s){let r;this.parts=[];let i=0,o=0,l=n.length-1,c=this.parts,[d,m]=yn(n,e);if(this.el=t.createElement(d,s),Q.currentNode=this.el.content,e===2||e===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(r=Q.nextNode())!==null&&c.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let h of r.getAttributeNames())if(h.endsWith(dt)){let f=m[o++],p=r.getAttribute(h).split(H),$=/([.?@])?(.*)/.exec(f);c.push({type:1,index:i,name:$[2],strings:p,ctor:$[1]==="."?qe:$[1]==="?"?Oe:$[1]==="@"?Ie:ee}),r.removeAttribute(h)}else h.startsWith(H)&&(c.push({type:6,index:i}),r.removeAttribute(h));if(vn.test(r.tagName)){let h=r.textContent.split(H),f=h.length-1;if(f>0){r.textContent=Ce?Ce.emptyScript:"";for(let p=0;p<f;p++)r.append(h[p],pe()),Q.nextNode(),c.push({type:2,index:++i});r.append(h[f],pe())}}}else if(r.nodeType===8)if(r.data===pt)c.push({type:2,index:i});else{let h=-1;for(;(h=r.data.indexOf(H,h+1))!==-1;)c.push({type:7,index:i}),h+=H.length-1}i++}}static createElement(n,e){let s=X.createElement("template");return s.innerHTML=n,s}};function Z(t,n,e=t,s){if(n===w)return n;let r=s!==void 0?e._$Co?.[s]:e._$Cl,i=he(n)?void 0:n._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(t),r._$AT(t,e,s)),s!==void 0?(e._$Co??=[])[s]=r:e._$Cl=r),r!==void 0&&(n=Z(t,r._$AS(t,n.values),r,s)),n}var Le=class{constructor(n,e){this._$AV=[],this._$AN=void 0,this._$AD=n,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(n){let{el:{content:e},parts:s}=this._$AD,r=(n?.creationScope??X).importNode(e,!0);Q.currentNode=r;let i=Q.nextNode(),o=0,l=0,c=s[0];for(;c!==void 0;){if(o===c.index){let d;c.type===2?d=new ne(i,i.nextSibling,this,n):c.type===1?d=new c.ctor(i,c.name,c.strings,this,n):c.type===6&&(d=new je(i,this,n)),this._$AV.push(d),c=s[++l]}o!==c?.index&&(i=Q.nextNode(),o++)}return Q.currentNode=X,r}p(n){let e=0;for(let s of this._$AV)s!==void 0&&(s.strings!==void 0?(s._$AI(n,s,e),e+=s.strings.length-2):s._$AI(n[e])),e++}},ne=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(n,e,s,r){this.type=2,this._$AH=u,this._$AN=void 0,this._$AA=n,this._$AB=e,this._$AM=s,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let n=this._$AA.parentNode,e=this._$AM;return e!==void 0&&n?.nodeType===11&&(n=e.parentNode),n}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(n,e=this){n=Z(this,n,e),he(n)?n===u||n==null||n===""?(this._$AH!==u&&this._$AR(),this._$AH=u):n!==this._$AH&&n!==w&&this._(n):n._$litType$!==void 0?this.$(n):n.nodeType!==void 0?this.T(n):$n(n)?this.k(n):this._(n)}O(n){return this._$AA.parentNode.insertBefore(n,this._$AB)}T(n){this._$AH!==n&&(this._$AR(),this._$AH=this.O(n))}_(n){this._$AH!==u&&he(this._$AH)?this._$AA.nextSibling.data=n:this.T(X.createTextNode(n)),this._$AH=n}$(n){let{values:e,_$litType$:s}=n,r=typeof s=="number"?this._$AC(n):(s.el===void 0&&(s.el=me.createElement(bn(s.h,s.h[0]),this.options)),s);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new Le(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(n){let e=gn.get(n.strings);return e===void 0&&gn.set(n.strings,e=new me(n)),e}k(n){ht(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,s,r=0;for(let i of n)r===e.length?e.push(s=new t(this.O(pe()),this.O(pe()),this,this.options)):s=e[r],s._$AI(i),r++;r<e.length&&(this._$AR(s&&s._$AB.nextSibling,r),e.length=r)}_$AR(n=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);n!==this._$AB;){let s=un(n).nextSibling;un(n).remove(),n=s}}setConnected(n){this._$AM===void 0&&(this._$Cv=n,this._$AP?.(n))}},ee=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(n,e,s,r,i){this.type=1,this._$AH=u,this._$AN=void 0,this.element=n,this.name=e,this._$AM=r,this.options=i,s.length>2||s[0]!==""||s[1]!==""?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=u}_$AI(n,e=this,s,r){let i=this.strings,o=!1;if(i===void 0)n=Z(this,n,e,0),o=!he(n)||n!==this._$AH&&n!==w,o&&(this._$AH=n);else{let l=n,c,d;for(n=i[0],c=0;c<i.length-1;c++)d=Z(this,l[s+c],e,c),d===w&&(d=this._$AH[c]),o||=!he(d)||d!==this._$AH[c],d===u?n=u:n!==u&&(n+=(d??"")+i[c+1]),this._$AH[c]=d}o&&!r&&this.j(n)}j(n){n===u?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,n??"")}},qe=class extends ee{constructor(){super(...arguments),this.type=3}j(n){this.element[this.name]=n===u?void 0:n}},Oe=class extends ee{constructor(){super(...arguments),this.type=4}j(n){this.element.toggleAttribute(this.name,!!n&&n!==u)}},Ie=class extends ee{constructor(n,e,s,r,i){super(n,e,s,r,i),this.type=5}_$AI(n,e=this){if((n=Z(this,n,e,0)??u)===w)return;let s=this._$AH,r=n===u&&s!==u||n.capture!==s.capture||n.once!==s.once||n.passive!==s.passive,i=n!==u&&(s===u||r);r&&this.element.removeEventListener(this.name,this,s),i&&this.element.addEventListener(this.name,this,n),this._$AH=n}handleEvent(n){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,n):this._$AH.handleEvent(n)}},je=class{constructor(n,e,s){this.element=n,this.type=6,this._$AN=void 0,this._$AM=e,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(n){Z(this,n)}},wn={M:dt,P:H,A:pt,C:1,L:yn,R:Le,D:$n,V:Z,I:ne,H:ee,N:Oe,U:Ie,B:qe,F:je},vs=ut.litHtmlPolyfillSupport;vs?.(me,ne),(ut.litHtmlVersions??=[]).push("3.3.3");var xn=(t,n,e)=>{let s=e?.renderBefore??n,r=s._$litPart$;if(r===void 0){let i=e?.renderBefore??null;s._$litPart$=r=new ne(n.insertBefore(pe(),i),i,void 0,e??{})}return r._$AI(t),r};var ft=globalThis,g=class extends N{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let n=super.createRenderRoot();return this.renderOptions.renderBefore??=n.firstChild,n}update(n){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(n),this._$Do=xn(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return w}};g._$litElement$=!0,g.finalized=!0,ft.litElementHydrateSupport?.({LitElement:g});var bs=ft.litElementPolyfillSupport;bs?.({LitElement:g});(ft.litElementVersions??=[]).push("4.2.2");var{I:ys}=wn,kn=t=>t;var Ne=t=>t.strings===void 0,_n=()=>document.createComment(""),se=(t,n,e)=>{let s=t._$AA.parentNode,r=n===void 0?t._$AB:n._$AA;if(e===void 0){let i=s.insertBefore(_n(),r),o=s.insertBefore(_n(),r);e=new ys(i,o,t,t.options)}else{let i=e._$AB.nextSibling,o=e._$AM,l=o!==t;if(l){let c;e._$AQ?.(t),e._$AM=t,e._$AP!==void 0&&(c=t._$AU)!==o._$AU&&e._$AP(c)}if(i!==r||l){let c=e._$AA;for(;c!==i;){let d=kn(c).nextSibling;kn(s).insertBefore(c,r),c=d}}}return e},B=(t,n,e=t)=>(t._$AI(n,e),t),ws={},He=(t,n=ws)=>t._$AH=n,Sn=t=>t._$AH,Ue=t=>{t._$AR(),t._$AA.remove()};var P={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},U=t=>(...n)=>({_$litDirective$:t,values:n}),C=class{constructor(n){}get _$AU(){return this._$AM._$AU}_$AT(n,e,s){this._$Ct=n,this._$AM=e,this._$Ci=s}_$AS(n,e){return this.update(n,e)}update(n,e){return this.render(...e)}};var fe=(t,n)=>{let e=t._$AN;if(e===void 0)return!1;for(let s of e)s._$AO?.(n,!1),fe(s,n);return!0},De=t=>{let n,e;do{if((n=t._$AM)===void 0)break;e=n._$AN,e.delete(t),t=n}while(e?.size===0)},Tn=t=>{for(let n;n=t._$AM;t=n){let e=n._$AN;if(e===void 0)n._$AN=e=new Set;else if(e.has(t))break;e.add(t),_s(n)}};function xs(t){this._$AN!==void 0?(De(this),this._$AM=t,Tn(this)):this._$AM=t}function ks(t,n=!1,e=0){let s=this._$AH,r=this._$AN;if(r!==void 0&&r.size!==0)if(n)if(Array.isArray(s))for(let i=e;i<s.length;i++)fe(s[i],!1),De(s[i]);else s!=null&&(fe(s,!1),De(s));else fe(this,t)}var _s=t=>{t.type==P.CHILD&&(t._$AP??=ks,t._$AQ??=xs)},Ve=class extends C{constructor(){super(...arguments),this._$AN=void 0}_$AT(n,e,s){super._$AT(n,e,s),Tn(this),this.isConnected=n._$AU}_$AO(n,e=!0){n!==this.isConnected&&(this.isConnected=n,n?this.reconnected?.():this.disconnected?.()),e&&(fe(this,n),De(this))}setValue(n){if(Ne(this._$Ct))this._$Ct._$AI(n,this);else{let e=[...this._$Ct._$AH];e[this._$Ci]=n,this._$Ct._$AI(e,this,0)}}disconnected(){}reconnected(){}};var Fe=()=>new $t,$t=class{},gt=new WeakMap,Be=U(class extends Ve{render(t){return u}update(t,[n]){let e=n!==this.G;return e&&this.rt(void 0),(e||this.lt!==this.ct)&&(this.G=n,this.ht=t.options?.host,this.rt(this.ct=t.element)),u}rt(t){if(this.G!==void 0)if(this.isConnected||(t=void 0),typeof this.G=="function"){let n=this.ht??globalThis,e=gt.get(n);e===void 0&&(e=new WeakMap,gt.set(n,e)),e.get(this.G)!==void 0&&this.G.call(this.ht,void 0),e.set(this.G,t),t!==void 0&&this.G.call(this.ht,t)}else this.G.value=t}get lt(){return typeof this.G=="function"?gt.get(this.ht??globalThis)?.get(this.G):this.G?.value}disconnected(){this.lt===this.ct&&this.rt(void 0)}reconnected(){this.rt(this.ct)}});var Ss={},We=U(class extends C{constructor(){super(...arguments),this.ot=Ss}render(t,n){return n()}update(t,[n,e]){if(Array.isArray(n)){if(Array.isArray(this.ot)&&this.ot.length===n.length&&n.every((s,r)=>s===this.ot[r]))return w}else if(this.ot===n)return w;return this.ot=Array.isArray(n)?Array.from(n):n,this.render(n,e)}});var Ts={chat:"M4 5.5h12v8H9l-3.5 3v-3H4z",explore:"M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13.2 13.2l3.6 3.6",runs:"M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5",copy:"M7 7h8.5v9.5H7zM4.5 13V3.5H13",check:"M4.5 10.5l3.5 3.5l7.5-8",plus:"M10 4v12M4 10h12",more:"M5 10h.01M10 10h.01M15 10h.01",sun:"M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",moon:"M15.5 12A6.5 6.5 0 0 1 8 4.5a6.2 6.2 0 1 0 7.5 7.5",auto:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 7h4.5M10 10h6M10 13h4.5",book:"M4 4.5c2.5-.8 4.5-.5 6 .7c1.5-1.2 3.5-1.5 6-.7v11c-2.5-.8-4.5-.5-6 .7c-1.5-1.2-3.5-1.5-6-.7zM10 5.2v11",again:"M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",up:"M6.5 9.5v7h-3v-7zM6.5 9.5l3-6c1.5 0 2 1 1.7 2.5L10.8 8h4.7l-1.2 8H6.5",down:"M13.5 10.5v-7h3v7zM13.5 10.5l-3 6c-1.5 0-2-1-1.7-2.5l.4-2H4.5l1.2-8h7.8",edit:"M4 16l1-4l8.5-8.5l3 3L8 15z",trash:"M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",menu:"M3.5 6h13M3.5 10h13M3.5 14h13",close:"M5 5l10 10M15 5L5 15",left:"M12 4l-6 6l6 6",right:"M8 4l6 6l-6 6",send:"M10 16V4.5M5 9l5-5l5 5",arrow:"M10 4.5v11M5 10.5l5 5l5-5",stop:"M6 6h8v8H6z",play:"M6.5 4.5l9 5.5l-9 5.5z",link:"M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4l-2 2"},v=t=>a`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${F`<path d=${Ts[t]}></path>`}</svg>`;var vt=class extends g{static{this.properties={text:{attribute:!1},label:{},done:{state:!0}}}constructor(){super(),this.label="Copy",this.done=!1}createRenderRoot(){return this}render(){return a`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${()=>{this.copy()}}>
      ${v(this.done?"check":"copy")}<span class="hidden" role="status">${this.done?"copied":""}</span>
    </button>`}async copy(){let n=typeof this.text=="string"?this.text:this.text();try{await navigator.clipboard.writeText(n)}catch{let e=document.createElement("textarea");e.value=n,document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}this.done=!0,setTimeout(()=>this.done=!1,1500)}};customElements.define("nis-copy",vt);var As=0,Es=6;function $e(t,n=void 0){return ge("",t,t,n,!0,0)}function ge(t,n,e,s,r,i){let o=re(n,e),l=i>Es?"json":Cs(o,e),c=l==="union"?Mn(o).map(m=>re(m,e)):[],d={id:++As,name:t,schema:o,kind:l,required:r,forms:c,text:"",parts:[],given:s!=null,form:0};return l==="union"&&(d.form=Math.max(0,c.findIndex(m=>Ls(s,m,e)))),l==="group"||l==="list"||l==="union"?(r||d.given)&&Je(d,e,s,i):d.given&&(d.text=Ms(s,l)),d}function Je(t,n,e=t.schema.default,s=1){t.given=!0;let{schema:r}=t;if(t.kind==="group"){let i=e??{};t.parts=Object.entries(r.properties??{}).map(([o,l])=>ge(o,l,n,i[o],(r.required??[]).includes(o),s+1))}else if(t.kind==="list"){let i=Array.isArray(e)?e:Array.from({length:r.minItems??0},()=>{});t.parts=i.map((o,l)=>ge(String(l),An(r,l),n,o,!0,s+1))}else t.kind==="union"&&(t.parts=[ge(t.name,t.forms[t.form],n,e,!0,s+1)])}function bt(t){t.given=!1,t.parts=[],t.text=""}var An=(t,n)=>t.prefixItems?.[n]??t.items??{};function En(t,n){t.given=!0,t.parts=[...t.parts,ge(String(t.parts.length),An(t.schema,t.parts.length),n,void 0,!0,2)]}function Rn(t,n,e){t.form=n,Je(t,e,void 0)}function W(t){switch(t.kind){case"group":{if(!t.given)return;let n=t.parts.map(e=>[e.name,W(e)]);return Object.fromEntries(n.filter(([,e])=>e!==void 0))}case"list":return t.given?t.parts.map(n=>W(n)??null):void 0;case"union":return t.given&&t.parts[0]?W(t.parts[0]):void 0;default:return t.given?Rs(t.text,t.kind,t.schema):void 0}}function Rs(t,n,e){let s=t.trim();if(n==="text")return t===""&&e.minLength?void 0:t;if(s){if(n==="file")return JSON.parse(s);if(n==="choice")return J(e).find(r=>K(r)===t)??t;if(n==="numbers")return s.replace(/^\[|\]$/g,"").split(/[\s,;]+/).filter(Boolean).map(i=>Number.isFinite(Number(i))?Number(i):i);try{return JSON.parse(s)}catch{return n!=="json"&&Number.isFinite(Number(s))?Number(s):s}}}function Ms(t,n){return n==="numbers"&&Array.isArray(t)?t.join(", "):n==="json"?JSON.stringify(t,null,1):K(t)}var K=t=>typeof t=="string"?t:JSON.stringify(t);function z(t){let n=t.default;return n==null||n===""?"":Array.isArray(n)?n.join(", "):K(n)}function re(t,n){let e={...t};for(let s=0;s<8;s++){let{$ref:r,anyOf:i,allOf:o,...l}=e;if(r!==void 0){e={...n.$defs?.[r.replace("#/$defs/","")]??{},...l};continue}let c=(i??o??[]).filter(d=>d.type!=="null");if(c.length!==1)break;e={...c[0],...l}}return e}var Ps=t=>t.format==="blob"||t.format==="binary";function Cs(t,n){if(Ps(t))return"file";if(J(t).length)return"choice";if(Mn(t).length>1)return"union";switch(t.type){case"boolean":return"flag";case"integer":case"number":return t.type;case"string":return"text";case"array":{let e=t.items?re(t.items,n):{};return!t.prefixItems&&["number","integer"].includes(e.type??"")?"numbers":"list"}case"object":return t.properties?"group":"json";default:return"json"}}var Mn=t=>(t.oneOf??t.anyOf??[]).filter(n=>n.type!=="null"),J=t=>"const"in t?[t.const]:(t.enum??[]).filter(n=>n!==null);function Ls(t,n,e){if(t==null)return!1;if(J(n).length)return J(n).includes(t);let s=Array.isArray(t)?"array":typeof t;return s!=="object"?n.type===s||n.type==="integer"&&Number.isInteger(t):n.type!=="object"?!1:Object.entries(t).every(([i,o])=>{let l=n.properties?.[i];if(!l)return n.additionalProperties!==!1&&!n.properties;let{const:c}=re(l,e);return c===void 0||c===o})}var Pn=(t,n)=>t.title??(J(t).length?J(t).map(K).join(", "):t.type)??`form ${n+1}`;function Cn(t){let n=[],e=(s,r,i)=>{s!==void 0&&r!==void 0?n.push(s===r?`${s}${i}`:`${s} to ${r}${i}`):s!==void 0&&s>0?n.push(`at least ${s}${i}`):r!==void 0&&n.push(`at most ${r}${i}`)};return t.exclusiveMinimum!==void 0&&n.push(`above ${t.exclusiveMinimum}`),t.minimum!==void 0&&t.maximum===void 0?n.push(`${t.minimum} or more`):e(t.minimum,t.maximum,""),t.exclusiveMaximum!==void 0&&n.push(`below ${t.exclusiveMaximum}`),e(t.minItems,t.maxItems," items"),n.join(", ")}var Ke=U(class extends C{constructor(t){if(super(t),t.type!==P.PROPERTY&&t.type!==P.ATTRIBUTE&&t.type!==P.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!Ne(t))throw Error("`live` bindings can only contain a single expression")}render(t){return t}update(t,[n]){if(n===w||n===u)return n;let e=t.element,s=t.name;if(t.type===P.PROPERTY){if(n===e[s])return w}else if(t.type===P.BOOLEAN_ATTRIBUTE){if(!!n===e.hasAttribute(s))return w}else if(t.type===P.ATTRIBUTE&&e.getAttribute(s)===n+"")return w;return He(t),n}});var Ln=(t,n,e)=>{let s=new Map;for(let r=n;r<=e;r++)s.set(t[r],r);return s},yt=U(class extends C{constructor(t){if(super(t),t.type!==P.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,n,e){let s;e===void 0?e=n:n!==void 0&&(s=n);let r=[],i=[],o=0;for(let l of t)r[o]=s?s(l,o):o,i[o]=e(l,o),o++;return{values:i,keys:r}}render(t,n,e){return this.dt(t,n,e).values}update(t,[n,e,s]){let r=Sn(t),{values:i,keys:o}=this.dt(n,e,s);if(!Array.isArray(r))return this.ut=o,i;let l=this.ut??=[],c=[],d,m,h=0,f=r.length-1,p=0,$=i.length-1;for(;h<=f&&p<=$;)if(r[h]===null)h++;else if(r[f]===null)f--;else if(l[h]===o[p])c[p]=B(r[h],i[p]),h++,p++;else if(l[f]===o[$])c[$]=B(r[f],i[$]),f--,$--;else if(l[h]===o[$])c[$]=B(r[h],i[$]),se(t,c[$+1],r[h]),h++,$--;else if(l[f]===o[p])c[p]=B(r[f],i[p]),se(t,r[h],r[f]),f--,p++;else if(d===void 0&&(d=Ln(o,p,$),m=Ln(l,h,f)),d.has(l[h]))if(d.has(l[f])){let j=m.get(o[p]),ot=j!==void 0?r[j]:null;if(ot===null){let tn=se(t,r[h]);B(tn,i[p]),c[p]=tn}else c[p]=B(ot,i[p]),se(t,r[h],ot),r[j]=null;p++}else Ue(r[f]),f--;else Ue(r[h]),h++;for(;p<=$;){let j=se(t,c[$+1]);B(j,i[p]),c[p++]=j}for(;h<=f;){let j=r[h++];j!==null&&Ue(j)}return this.ut=o,He(t,c),w}});function L(t){return wt(t.replaceAll(`\r
`,`
`).split(`
`),0)}var qn=6,ve=/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;function wt(t,n){let e=[],s=0,r=i=>{let o=s;for(;s<t.length&&i(t[s]);)s++;return t.slice(o,s)};for(;s<t.length;){let i=t[s],o=/^\s*(```+|~~~+)/.exec(i)?.[1],l=/^(#{1,6})\s+(.*?)\s*#*$/.exec(i);if(!i.trim())s++;else if(o){s++;let c=r(d=>!d.trim().startsWith(o));s++,e.push(a`<pre tabindex="0"><code>${c.join(`
`)}</code></pre>`)}else if(l)s++,e.push(l[1].length<3?a`<h3>${k(l[2])}</h3>`:a`<h4>${k(l[2])}</h4>`);else if(/^\s*([-*_])(\s*\1){2,}\s*$/.test(i))s++,e.push(a`<hr />`);else if(i.startsWith(">")&&n<qn){let c=r(d=>d.startsWith(">")).map(d=>d.replace(/^> ?/,""));e.push(a`<blockquote>${wt(c,n+1)}</blockquote>`)}else if(ve.test(i)&&n<qn)e.push(Os(r(c=>ve.test(c)||/^\s+\S/.test(c)),n));else if(i.includes("|")&&/^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(t[s+1]??"")){let[c,,...d]=r(m=>m.includes("|")).map(qs);e.push(a`<div class="wide" tabindex="0">
        <table>
          <thead><tr>${c.map(m=>a`<th scope="col">${k(m)}</th>`)}</tr></thead>
          <tbody>${d.map(m=>a`<tr>${m.map(h=>a`<td>${k(h)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`)}else{let c=s++;r(d=>d.trim()!==""&&!/^\s*(```|~~~|#{1,6}\s|>)/.test(d)&&!ve.test(d)),e.push(a`<p>${Is(t.slice(c,s))}</p>`)}}return e}function qs(t){return t.trim().replace(/^\||\|$/g,"").split("|").map(n=>n.trim())}function Os(t,n){let e=ve.exec(t[0])[1].length,s=[];for(let o of t){let l=ve.exec(o);l&&l[1].length<=e+1?s.push([l[3]]):s.at(-1).push(o.slice(Math.min(e+2,o.search(/\S/))))}let r=s.map(([o,...l])=>a`<li>${k(o)}${wt(l,n+1)}</li>`),i=/^\s*(\d+)/.exec(t[0])?.[1];return i===void 0?a`<ul>${r}</ul>`:a`<ol start=${i}>${r}</ol>`}function Is(t){return t.map((e,s)=>s<t.length-1?e.replace(/ {2,}$|\\$/,"\0"):e.trimEnd()).join(`
`).split(`\0
`).flatMap((e,s)=>s?[a`<br />`,...k(e)]:k(e))}var js=/(?<ticks>`{1,3})(?<code>[^`]{1,2000})\k<ticks>|\*\*(?<strong>(?=\S)[^*]{1,2000}?\S?)\*\*|__(?<under>(?=\S)[^_]{1,2000}?)__|\*(?<em>(?=\S)[^*\n]{1,2000}?)\*|(?<![\w])_(?<slant>(?=\S)[^_\n]{1,2000}?)_(?![\w])|\[(?<label>[^[\]\n]{1,1000})\]\((?<target>[^)\s]{1,2000})\)|(?<bare>https?:\/\/[^\s<>"')\]]{1,2000}[^\s<>"')\].,;:!?])|\\(?<escaped>[\\`*_[\]()#+\-.!>|~])/g;function k(t){let n=[],e=0;for(let s of t.matchAll(js)){n.push(t.slice(e,s.index)),e=s.index+s[0].length;let{code:r,strong:i,under:o,em:l,slant:c,label:d,target:m,bare:h,escaped:f}=s.groups,p=i??o,$=l??c;r!==void 0?n.push(a`<code>${r}</code>`):p!==void 0?n.push(a`<strong>${k(p)}</strong>`):$!==void 0?n.push(a`<em>${k($)}</em>`):d!==void 0?n.push(On(m,k(d),s[0])):h!==void 0?n.push(On(h,[h],h)):n.push(f)}return n.push(t.slice(e)),n.filter(s=>s!=="")}function On(t,n,e){let s=URL.canParse(t)?new URL(t):null;return s===null||!["http:","https:"].includes(s.protocol)?e:a`<a href=${s.href} target="_blank" rel="noopener noreferrer nofollow">${n}</a>`}function E(t){if(t===0)return"0";let n=Math.abs(t);return(n>=1e7||n<1e-4?Ns(t):String(Number(t.toPrecision(6)))).replace("-","−")}function Ns(t){let[n,e]=t.toExponential(4).split("e"),s=[...e.replace("+","")].map(r=>r==="-"?"⁻":"⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(r)]).join("");return`${Number(n)} × 10${s}`}function xt(t,n,e){let s=n-t;if(!(s>1e-12*Math.max(Math.abs(t),Math.abs(n),1e-280)&&s<1e300))return t===n?[t]:[t,n];let r=s/e,i=10**Math.floor(Math.log10(r)),o=[1,2,5,10].map(d=>d*i).find(d=>d>=r*.999),l=Math.ceil(t/o-1e-9),c=Math.floor(n/o+1e-9);return Array.from({length:c-l+1},(d,m)=>(l+m)*o)}var S=t=>t.replaceAll("_"," ");function D(t,n,e=""){let s=yt(t,r=>r.id,r=>kt(r,n,e?`${e}.${r.name}`:r.name));return a`<div class="fields">${s}</div>`}function kt(t,n,e){if(t.kind==="group"||t.kind==="list"||t.kind==="union")return Fs(t,n,e);let s=`${n.id}-${e}`,r=n.errors.get(e),i=Cn(t.schema),o=t.schema.default,l=[i,z(t.schema)&&t.kind!=="flag"?`default ${z(t.schema)}`:""].filter(Boolean).join(" · "),c=[r?`${s}-error`:"",t.schema.description||l?`${s}-hint`:""].filter(Boolean).join(" "),d=["json","numbers","file"].includes(t.kind)||t.kind==="text"&&(t.schema.maxLength??0)>1e3;return a`<div class="field ${r?"wrong":""} ${d?"broad":""} ${t.required?"":"optional"}" data-path=${e}>
    <label for=${s}>${In(t,e)}</label>
    ${Hs(t,n,s,c,!!r,o)}
    ${r?a`<p class="error" id="${s}-error">${r}</p>`:u}
    ${t.schema.description||l?a`<p class="hint" id="${s}-hint">
          ${t.schema.description?k(t.schema.description):u}
          ${l?a`<span class="limits">${l}</span>`:u}
        </p>`:u}
  </div>`}function In(t,n){let{unit:e}=t.schema,s=n.slice(n.lastIndexOf(".")+1),r=/^\d+$/.test(s)?`${Number(s)+1}`:S(s);return a`<span class="name">${r}</span>${e?a` <span class="unit">${e}</span>`:u}${t.required?a`<span class="must" title="has to be given">required</span>`:u}`}function Hs(t,n,e,s,r,i){let o=h=>{t.text=h,t.given=h!==""||t.kind==="text"&&t.required,n.changed()},l=h=>o(h.target.value),{schema:c,kind:d}=t,m=s||u;if(d==="flag"&&(typeof i=="boolean"||t.required)){let h=t.given?t.text==="true":i===!0;return t.required&&!t.given&&o("false"),a`<input
      type="checkbox" role="switch" id=${e} name=${e} .checked=${Ke(h)} aria-describedby=${m} aria-invalid=${r}
      @change=${f=>o(String(f.target.checked))}
    />`}if(d==="choice"||d==="flag"){let h=d==="flag"?["true","false"]:J(c).map(K),f=z(c)?`${z(c)} (default)`:t.required?"choose…":"not given";return a`<select id=${e} name=${e} ?required=${t.required} aria-describedby=${m} aria-invalid=${r} @change=${l}>
      <option value="" .selected=${!t.given}>${f}</option>
      ${h.map(p=>a`<option value=${p} .selected=${t.given&&p===t.text}>${p}</option>`)}
    </select>`}return d==="file"?Vs(t,n,e,m,r):d==="json"||d==="numbers"||d==="text"&&(c.maxLength??0)>1e3?a`<textarea
      id=${e} name=${e} class=${d==="text"?"":"code"} rows=${d==="json"?3:1} spellcheck=${d==="text"}
      placeholder=${d==="numbers"?z(c)||"1, 2, 3":d==="json"?Us(c):z(c)}
      ?required=${t.required} aria-describedby=${m} aria-invalid=${r} .value=${Ke(t.text)} @input=${l}
    ></textarea>`:a`<input
    id=${e}
    name=${e}
    type=${d==="text"?"text":"number"}
    inputmode=${d==="text"?"text":"decimal"}
    step=${d==="integer"?"1":"any"}
    min=${c.minimum??u}
    max=${c.maximum??u}
    maxlength=${c.maxLength??u}
    placeholder=${z(c)}
    autocomplete="off"
    spellcheck="false"
    ?required=${t.required&&!(d==="text"&&!c.minLength)}
    aria-describedby=${m}
    aria-invalid=${r}
    .value=${Ke(t.text)}
    @input=${l}
  />`}var Us=t=>t.default===void 0||t.default===null?t.type==="object"?"{ }":"JSON":JSON.stringify(t.default),Ds=20*1024*1024;function Vs(t,n,e,s,r){let i=async o=>{let l=o.target.files?.[0];if(!l)return bt(t),n.changed();if(l.size>Ds)return;let c=new Uint8Array(await l.arrayBuffer()),d="";for(let m=0;m<c.length;m+=32768)d+=String.fromCharCode(...c.subarray(m,m+32768));t.text=JSON.stringify({data:btoa(d),media_type:l.type||"application/octet-stream",name:l.name}),t.given=!0,n.changed()};return a`<input type="file" id=${e} name=${e} ?required=${t.required} aria-describedby=${s} aria-invalid=${r} @change=${i} />`}function Fs(t,n,e){let s=n.errors.get(e),r=i=>()=>{i(),n.changed()};return a`<fieldset class="nested ${s?"wrong":""}" data-path=${e}>
    <legend>${In(t,e)}</legend>
    ${t.schema.description?a`<p class="hint">${k(t.schema.description)}</p>`:u}
    ${s?a`<p class="error">${s}</p>`:u}
    ${t.given?a`${Bs(t,n,e,r)}
          ${t.required?u:a`<button type="button" class="small plain" @click=${r(()=>bt(t))}>Leave out ${S(t.name)}</button>`}`:a`<button type="button" class="small" @click=${r(()=>Je(t,n.root))}>Add ${S(t.name)}</button>`}
  </fieldset>`}function Bs(t,n,e,s){if(t.kind==="group")return D(t.parts,n,e);if(t.kind==="union"){let o=`${n.id}-${e}-form`;return a`<div class="field">
        <label for=${o}>form</label>
        <select id=${o} @change=${l=>s(()=>Rn(t,l.target.selectedIndex,n.root))()}>
          ${t.forms.map((l,c)=>a`<option .selected=${c===t.form}>${Pn(l,c)}</option>`)}
        </select>
      </div>
      ${t.parts.map(l=>l.kind==="group"?D(l.parts,n,e):kt(l,n,e))}`}let r=t.schema.maxItems??1/0,i=t.schema.minItems??0;return a`<ol class="items">
      ${yt(t.parts,o=>o.id,(o,l)=>a`<li>
          ${o.kind==="group"?D(o.parts,n,`${e}.${l}`):kt(o,n,`${e}.${l}`)}
          ${t.parts.length>i?a`<button
                type="button" class="small plain" aria-label="Remove item ${l+1} of ${S(t.name)}"
                @click=${s(()=>{t.parts=t.parts.filter(c=>c!==o)})}
              >Remove</button>`:u}
        </li>`)}
    </ol>
    ${t.parts.length<r?a`<button type="button" class="small" @click=${s(()=>En(t,n.root))}>Add an item</button>`:u}`}var Ws=3,St={capture:!0,handleEvent:t=>{for(let n=t.target.closest("details");n;n=n.parentElement?.closest("details")??null)n.open=!0}},_t=class extends g{constructor(){super(...arguments);this.plain=new Set;this.submit=e=>{if(e.preventDefault(),this.disabled)return;let s={},r=[];for(let o of this.root.parts){let l=W(o);if(l===void 0||jn(l,o.schema.default))continue;s[o.name]=l;let{unit:c}=o.schema;r.push(`${S(o.name)} ${typeof l=="number"?E(l):K(l)}${c?` ${c}`:""}`)}let i={message:`Run ${this.form.operation}: ${r.join(", ")||"as it is"}`,operation:this.form.operation,arguments:s};this.dispatchEvent(new CustomEvent("call",{detail:i,bubbles:!0,composed:!0}))}}static{this.properties={form:{attribute:!1},asks:{type:Boolean},disabled:{type:Boolean}}}createRenderRoot(){return this}willUpdate(e){if(!e.has("form")||e.get("form")===this.form)return;let{request_schema:s,values:r,missing:i}=this.form;this.root=$e({...s,required:[...s.required??[],...i]},r),this.plain=new Set(this.root.parts.filter(o=>!o.required&&jn(W(o)??o.schema.default??null,o.schema.default??null)))}render(){let{form:e,root:s}=this,r=s.parts.filter(d=>this.plain.has(d)),i=r.length>=Ws&&r.length<s.parts.length,o=i?s.parts.filter(d=>!r.includes(d)):s.parts,l={root:e.request_schema,id:`f${s.id}`,errors:new Map,changed:()=>this.requestUpdate()},c=a`<form @submit=${this.submit} @invalid=${St}>
      ${D(o,l)}
      ${i?a`<details class="more"><summary>${r.length} more, as by default</summary>${D(r,l)}</details>`:u}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
    </form>`;return e.missing.length&&this.asks?a`<section class="form asked"><h3>${e.title}</h3>${c}</section>`:a`<details class="form"><summary>${e.title}</summary>${c}</details>`}},jn=(t,n)=>JSON.stringify(t)===JSON.stringify(n);customElements.define("nis-form",_t);function ie(t){let[n="",e=""]=t.replace(/^#\/?/,"").split("?",2),[s,...r]=n.split("/"),i=new URLSearchParams(e),o=Js(r.join("/"));return s==="explore"&&o?{page:"operation",name:o,input:Ks(i.get("input"))}:s==="explore"?{page:s,query:i.get("q")??"",family:i.get("family")??""}:s==="runs"&&o?{page:"run",id:o}:s==="runs"?{page:s,state:i.get("state")??""}:{page:"chat",id:s==="chat"&&o?o:null}}function b(t){let n=e=>encodeURIComponent(e);switch(t.page){case"chat":return t.id===null?"#/":`#/chat/${n(t.id)}`;case"explore":return`#/explore${Tt({q:t.query,family:t.family})}`;case"operation":return`#/explore/${n(t.name)}${Tt({input:t.input?JSON.stringify(t.input):""})}`;case"runs":return`#/runs${Tt({state:t.state})}`;case"run":return`#/runs/${n(t.id)}`}}var Nn=t=>{location.hash=b(t)},R=(t,n=null)=>b({page:"operation",name:t,input:n}),ze=t=>history.replaceState(null,"",b(t));function Tt(t){let n=Object.entries(t).filter(([,e])=>e);return n.length?`?${new URLSearchParams(n)}`:""}function Js(t){try{return decodeURIComponent(t)}catch{return t}}function Ks(t){try{let n=JSON.parse(t??"null");return typeof n=="object"&&!Array.isArray(n)?n:null}catch{return null}}var Ge=["succeeded","failed","cancelled"],y=class extends Error{constructor(e,s){super(e.detail);this.problem=e;this.status=s}},Hn="nis-key",be={get:()=>sessionStorage.getItem(Hn),set:t=>sessionStorage.setItem(Hn,t)},Un=()=>Promise.reject(new Error("nobody is asked for the key yet")),Dn=t=>{Un=t};async function M(t,n={}){for(;;){let e=be.get(),s=new Headers(n.headers);e!==null&&s.set("Authorization",`Bearer ${e}`);let r=await fetch(t,{cache:"no-store",...n,headers:s});if(r.status===401){be.get()===e&&be.set(await Un(e!==null));continue}if(!r.ok)throw new y(await zs(r),r.status);return r}}async function T(t,n={}){return await(await M(t,n)).json()}var q=(t,n,e={})=>({method:t,headers:{"Content-Type":"application/json",...e},body:JSON.stringify(n)});async function zs(t){let n={title:"failure",detail:`The server answered ${t.status} ${t.statusText}.`};try{return{...n,...await t.json()}}catch{return n}}function A(t){return t instanceof y?t.problem:(t instanceof TypeError||console.error(t),{title:"no connection",detail:"The server cannot be reached.",remedy:"See that it is running, then try again.",retryable:!0})}var Gs=4e4;async function*Ye(t){let n=t.body.pipeThrough(new TextDecoderStream).getReader(),e="";try{for(;;){let{value:s,done:r}=await Ys(Gs,n.read());if(r)return;e+=s;let i=e.split(/\r?\n\r?\n/);e=i.pop();for(let o of i){let l="message",c=[];for(let d of o.split(/\r?\n/))d.startsWith("event:")?l=d.slice(6).trim():d.startsWith("data:")&&c.push(d.slice(5).replace(/^ /,""));c.length&&(yield{event:l,data:c.join(`
`)})}}}finally{n.cancel().catch(()=>{})}}function Ys(t,n){return new Promise((e,s)=>{let r=setTimeout(()=>s(new TypeError("the connection fell silent")),t);n.then(e,s).finally(()=>clearTimeout(r))})}function Qe(t,n=null){let e={question:t,call:n,take:s=>Qs(e,s),runId:null,seq:0,state:"sending",steps:new Map,stored:null,calls:[],views:[],model:null,tokens:null,progress:null,notes:[],problem:null,conversationId:null};return e}var te=t=>Ge.includes(t.state);function ye(t){return[...t.steps].sort(([e],[s])=>e-s).map(([,e])=>e).filter(e=>e.trim()).join(`

`)||t.stored||""}function Vn(t){let n=ye(t);return t.views.filter(e=>e.kind!=="text"||!n.includes(e.text.trim()))}function Qs(t,n){t.state==="sending"&&(t.state="running");let e=n.body;switch(e.type){case"text_delta":t.steps.set(e.step,(t.steps.get(e.step)??"")+e.text);break;case"step_retried":t.steps.delete(e.step),t.notes.push(`The answer was cut off (${e.reason}) and began again.`);break;case"model_called":t.model={provider:e.provider,model:e.model,demonstration:t.model?.demonstration??!1};break;case"tool_called":t.calls.push({id:e.call_id,operation:e.operation,arguments:e.arguments,state:"running",chosen:t.model!==null});break;case"tool_answered":{t.progress=null;let s=t.calls.find(r=>r.id===e.call_id);s&&(s.state=e.problem?"failed":"done",e.problem&&(s.problem=e.problem));break}case"progress":t.progress={fraction:e.fraction,message:e.message};break;case"surface":t.views.push(...e.views);break;case"warning":t.notes.push(e.message);break;case"succeeded":Xs(t,e.result);break;case"failed":t.state="failed",t.problem=e.problem;break;case"cancelled":t.state="cancelled";break;case"started":case"model_answered":case"input_required":case"cancel_requested":break;default:}if(te(t)){t.progress=null;for(let s of t.calls)s.state==="running"&&(s.state="failed")}}function Xs(t,n){t.state="succeeded",t.stored=n.response,t.conversationId=n.conversation_id,t.tokens=n.tokens_used??null,t.model={provider:n.provider,model:n.model,demonstration:n.demonstration??!1},t.views.length||(t.views=n.views??[])}var we=56,At=12,Fn=12,oe=30,Zs=60,er=6,Et=t=>t.unit?`${t.label} (${t.unit})`:t.label,Rt=t=>`c${t%er}`,Mt=class extends g{constructor(){super();this.sized=new ResizeObserver(([e])=>requestAnimationFrame(()=>this.width=Math.round(e.contentRect.width)));this.width=0,this.at=null}static{this.properties={series:{attribute:!1},width:{state:!0},at:{state:!0}}}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),this.sized.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sized.disconnect()}willUpdate(e){e.has("series")&&(this.at=null)}render(){let{title:e,x:s,lines:r}=this.series,i=[...new Set(r.map(o=>o.unit))];return a`<figure>
      <figcaption>${e}</figcaption>
      ${this.width&&s.values.length?i.map(o=>this.panel(o)):u}
      <p class="readout" aria-hidden="true">${this.at===null?Et(s):this.readout(this.at)}</p>
      <details>
        <summary>Numbers</summary>
        ${this.numbers()}
      </details>
    </figure>`}panel(e){let{x:s,lines:r}=this.series,i=r.map((p,$)=>({line:p,index:$})).filter(({line:p})=>p.unit===e),o=Math.round(Math.min(260,Math.max(170,this.width*.42))),l=Pt([s]),c=Pt(i.map(({line:p})=>p)),d=p=>we+Bn(p,l)*(this.width-we-At),m=p=>o-oe-Bn(p,c)*(o-Fn-oe),h=i.length===1?a`<p class="legend">${Et(i[0].line)}</p>`:a`<ul class="legend">
            ${i.map(({line:p,index:$})=>a`<li class=${Rt($)}>${p.label}</li>`)}
            ${e?a`<li class="unit">in ${e}</li>`:u}
          </ul>`,f=`${i.map(({line:p})=>Wn(p)).join("; ")}, over ${Wn(s)}`;return a`${h}
      <svg
        role="img"
        aria-label=${f}
        viewBox="0 0 ${this.width} ${o}"
        width=${this.width}
        height=${o}
        @pointermove=${p=>this.point(p,d)}
        @pointerdown=${p=>this.point(p,d)}
        @pointerleave=${()=>this.at=null}
      >
        ${xt(...c,4).map(p=>F`<path class="grid" d="M${we} ${m(p)}H${this.width-At}"></path>
            <text x=${we-8} y=${m(p)+4} text-anchor="end">${E(p)}</text>`)}
        ${xt(...l,this.width/110).map(p=>F`<path class="axis" d="M${d(p)} ${o-oe}v4"></path>
            <text x=${d(p)} y=${o-oe+18} text-anchor="middle">${E(p)}</text>`)}
        <path class="axis" d="M${we} ${o-oe}H${this.width-At}"></path>
        ${i.map(({line:p,index:$})=>F`<path class="line ${Rt($)}" d=${nr(s,p,d,m)}></path>`)}
        ${this.at===null?u:this.guide(this.at,i,d,m,o)}
      </svg>`}guide(e,s,r,i,o){let l=r(this.series.x.values[e]);return F`<path class="guide" d="M${l} ${Fn}V${o-oe}"></path>
      ${s.filter(({line:c})=>c.values[e]!==void 0).map(({line:c,index:d})=>F`<circle class=${Rt(d)} cx=${l} cy=${i(c.values[e])} r="4"></circle>`)}`}point(e,s){let r=e.clientX-e.currentTarget.getBoundingClientRect().left,i=this.series.x.values.map(o=>Math.abs(s(o)-r));this.at=i.indexOf(Math.min(...i))}readout(e){return[this.series.x,...this.series.lines].filter(s=>s.values[e]!==void 0).map(s=>`${s.label} ${E(s.values[e])}${s.unit?` ${s.unit}`:""}`).join("   ")}numbers(){let e=[this.series.x,...this.series.lines],s=this.series.x.values.length,r=Math.max(1,Math.ceil(s/Zs)),i=Array.from({length:Math.ceil(s/r)},(o,l)=>l*r);return a`${r>1?a`<p class="hint">${i.length} of ${s} points, evenly chosen.</p>`:u}
      <div class="wide" tabindex="0">
        <table>
          <thead><tr>${e.map(o=>a`<th scope="col" class="n">${Et(o)}</th>`)}</tr></thead>
          <tbody>
            ${i.map(o=>a`<tr>${e.map(l=>a`<td class="n">${tr(l.values[o])}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>`}},tr=t=>t===void 0?"":E(t);function Pt(t){let[n,e]=[1/0,-1/0];for(let s of t)for(let r of s.values)n=Math.min(n,r),e=Math.max(e,r);return n<=e?[n,e]:[0,1]}function Bn(t,[n,e]){let s=e/2-n/2;return s>0?(t/2-n/2)/s:.5}function nr(t,n,e,s){let r=Math.min(t.values.length,n.values.length),i=Array.from({length:r},(o,l)=>`${e(t.values[l]).toFixed(1)} ${s(n.values[l]).toFixed(1)}`);return i.length===1?`M${i[0]}h0.01`:i.length?`M${i.join("L")}`:""}function Wn(t){let[n,e]=Pt([t]);return`${t.label} from ${E(n)} to ${E(e)} ${t.unit}`.trim()}customElements.define("nis-chart",Mt);function ae(t){switch(t.kind){case"text":return a`<div class="prose" dir="auto">${L(t.text)}</div>`;case"table":return a`<figure><figcaption>${t.title}</figcaption>${xe(t)}</figure>`;case"series":return a`<nis-chart .series=${t}></nis-chart>`;case"form":return u;default:return a`<p class="note">This page cannot draw a ${t.kind}; the JSON has it.</p>`}}function xe(t){let n=t.columns.map((s,r)=>2*t.rows.filter(o=>typeof o[r]=="number").length>t.rows.length?"n":""),e=(s,r)=>a`<td class=${n[r]??""}>${typeof s=="number"?E(s):s}</td>`;return a`<div class="wide" tabindex="0" role="region" aria-label=${t.title}>
    <table>
      <thead>
        <tr>
          ${t.columns.map((s,r)=>a`<th scope="col" class=${n[r]}>${s}</th>`)}
        </tr>
      </thead>
      <tbody>${t.rows.map(s=>a`<tr>${s.map(e)}</tr>`)}</tbody>
    </table>
  </div>`}function _(t,n){return a`<div class="failure" role="alert">
    <p><strong>${sr(t.title)}.</strong> ${t.detail}</p>
    ${t.errors&&t.errors.length>1?a`<ul>${t.errors.map(e=>a`<li><code>${e.field}</code> ${e.message}</li>`)}</ul>`:u}
    ${t.remedy?a`<p class="remedy">${t.remedy}</p>`:u}
    ${n&&t.retryable?a`<button @click=${n}>Try again</button>`:u}
  </div>`}var sr=t=>t.charAt(0).toUpperCase()+t.slice(1);var rr=240;function Jn(t,n,e,s){let r=!te(t),i=ye(t);return a`<article class="turn" aria-busy=${r}>
    ${t.question.length>rr?a`<h2 class="long" dir="auto" tabindex="0">${t.question}</h2>`:a`<h2 dir="auto">${t.question}</h2>`}
    ${We([t.seq,t.state],()=>t.calls.map(o=>ir(o,t.views,i)))}
    ${We([i],()=>i?a`<div class="prose" dir="auto">${L(i)}</div>`:u)}
    ${We([t.views.length,i,e,n],()=>Vn(t).map((o,l,c)=>lr(o,l>0||ar(o,c),n,e)))}
    ${t.notes.map(o=>a`<p class="note">${o}</p>`)}
    ${r?cr(t):u} ${t.problem?_(t.problem,n&&!e?s:void 0):u}
    ${t.state==="cancelled"?a`<p class="note">Stopped.</p>`:u}
    ${r?u:ur(t,n&&!e?s:void 0)}
  </article>`}function ir(t,n,e){let s=Object.entries(t.arguments),r=n.find(c=>c.kind==="form"&&c.operation===t.operation),i=c=>{let d=r?.request_schema.properties?.[c];return d?re(d,r.request_schema).unit??"":""},o={running:"computing",done:"computed",failed:"not computed"}[t.state],l=t.problem&&!e.includes(t.problem.detail)?t.problem:null;return a`<details class="call" ?open=${t.chosen||l!==null}>
    <summary><span class="state ${t.state}">${o}</span> <code>${t.operation}</code></summary>
    ${s.length?a`<dl>
          ${s.map(([c,d])=>a`<div><dt>${S(c)}</dt><dd>${or(d)} ${i(c)}</dd></div>`)}
        </dl>`:a`<p class="hint">Without arguments.</p>`}
    ${l?a`<p class="bad">${l.detail} ${l.remedy??""}</p>`:u}
    <p class="hint"><a href=${R(t.operation,t.arguments)}>Open it in Explore</a></p>
  </details>`}function or(t){if(typeof t=="number")return E(t);let n=typeof t=="string"?t:JSON.stringify(t);return n.length>200?`${n.slice(0,199)}…`:n}function ar(t,n){if(t.kind!=="table")return!1;let e=n.flatMap(r=>r.kind==="form"?Object.keys(r.request_schema.properties??{}):[]),s=new Set(e.map(S));return t.rows.every(([r])=>s.has(r))}function lr(t,n,e,s){return t.kind==="form"?a`<nis-form .form=${t} ?asks=${e} ?disabled=${s}></nis-form>`:t.kind==="table"&&n?a`<details class="aside"><summary>${t.title}</summary>${xe(t)}</details>`:ae(t)}function cr(t){let{progress:n}=t;return n?a`<p class="waiting">
      <progress max="1" .value=${n.fraction} aria-label="Progress"></progress> ${n.message}
    </p>`:a`<p class="waiting"><span class="pulse"></span><span class="quiet">${ye(t)?"answering":"thinking"}</span></p>`}function ur(t,n){return!t.model&&!t.runId?u:a`<footer>
    ${t.state==="succeeded"?a`<nis-copy .text=${()=>ye(t)} label="Copy the answer"></nis-copy>
          ${n?a`<button class="ghost" aria-label="Ask again" title="Ask again" @click=${n}>${v("again")}</button>`:u}`:u}
    ${t.model?a`<span>${t.model.provider} · ${t.model.model}</span>`:u}
    ${t.model?.demonstration?a`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`:u}
    ${t.tokens?a`<span>${t.tokens} tokens</span>`:u}
    ${t.runId?a`<a class="run id" href=${b({page:"run",id:t.runId})} title="The run's events">${t.runId}</a>`:u}
  </footer>`}var Ct=null;function O(){return Ct??=T("/operations").then(({operations:t})=>t.map(dr),t=>{throw Ct=null,t}),Ct}function dr({id:t,routes:n,...e}){let[s="POST",r=""]=(n[0]??"").split(" ");return{...e,name:t,method:s,path:r}}var Lt=new Map;function Kn(t){let n=Lt.get(t)??T(`/operations/${encodeURIComponent(t)}`);return Lt.set(t,n),n.catch(()=>Lt.delete(t)),n}var ke=t=>t.name.split(".")[0];function qt(t){let n=new Map;for(let e of t)n.set(ke(e),(n.get(ke(e))??0)+1);return[...n].sort(([e],[s])=>e.localeCompare(s))}var Xe=t=>t.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);function Ze(t,n){let e=Xe(n);return e.length?t.map(s=>({line:s,score:pr(s,e)})).filter(({score:s})=>s>0).sort((s,r)=>r.score-s.score||s.line.name.localeCompare(r.line.name)).map(({line:s})=>s):t}function pr(t,n){let e=[[Xe(t.name),8],[Xe(t.summary),3]],s=0;for(let r of n){let i=0;for(let[o,l]of e)o.includes(r)?i=Math.max(i,2*l):o.some(c=>c.startsWith(r))?i=Math.max(i,1.5*l):r.length>2&&o.some(c=>c.includes(r))&&(i=Math.max(i,l));if(!i)return 0;s+=i}return s}var hr=3;async function zn(t,n){return Xe(t).length<hr?[]:(await(await M("/operations/search-operations",{...q("POST",{query:t,limit:8}),signal:n})).json()).operations.map(r=>r.id)}var Gn=new EventTarget,Yn=()=>{Gn.dispatchEvent(new Event("change"))},mr=30,fr=8,Ot=class extends g{static{this.properties={lines:{state:!0},query:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),Gn.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),O().then(n=>{let e=s=>n.find(r=>r.name===`conversations.${s}`)??null;this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(n=null){try{let e=await T(`/conversations?limit=${mr}${n?`&cursor=${encodeURIComponent(n)}`:""}`);this.lines=n?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(n){this.query=n;let{search:e}=this.can;if(!n.trim()||!e)return this.load();try{let s=e.method==="GET"?await T(`${e.path}?${new URLSearchParams({query:n})}`):await(await M(e.path,q("POST",{query:n}))).json();this.query===n&&([this.lines,this.more]=[s.conversations,null])}catch{}}async name(n,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,n,{title:e.trim()})}async forget(n){this.asking=null,await this.change(this.can.delete,n);let e=ie(location.hash);e.page==="chat"&&e.id===n&&Nn({page:"chat",id:null})}async change(n,e,s){try{await M(n.path.replace("{id}",encodeURIComponent(e)),s?q(n.method,s):{method:n.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return u;let n=ie(location.hash),e=n.page==="chat"?n.id:null,s=this.can.search?"":this.query.toLowerCase(),r=this.lines.filter(i=>i.title.toLowerCase().includes(s));return a`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=fr||this.query?a`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${i=>{let o=i.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(o)},150)}}
          />`:u}
      <ul>
        ${r.map(i=>this.line(i,i.id===e))}
      </ul>
      ${this.more?a`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:u}
    </section>`}line(n,e){return this.renaming===n.id?a`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${n.title}
          autofocus
          maxlength="200"
          @keydown=${s=>{s.key==="Enter"&&this.name(n.id,s.target.value),s.key==="Escape"&&(this.renaming=null)}}
          @blur=${s=>this.renaming===n.id&&void this.name(n.id,s.target.value)}
        />
      </li>`:this.asking===n.id?a`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(n.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:a`<li>
      <a href=${b({page:"chat",id:n.id})} aria-current=${e?"page":u} title=${n.title}>${n.title||"untitled"}</a>
      ${this.can.rename?a`<button class="ghost" aria-label="Rename ${n.title}" title="Rename" @click=${()=>this.rename(n.id)}>${v("edit")}</button>`:u}
      ${this.can.delete?a`<button class="ghost" aria-label="Delete ${n.title}" title="Delete" @click=${()=>this.asking=n.id}>${v("trash")}</button>`:u}
    </li>`}rename(n){this.renaming=n,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};customElements.define("nis-conversations",Ot);var Qn=500,gr=1e4;async function et(t,n,e,s){let r=await M(t,{...q("POST",n,{Accept:"text/event-stream"}),signal:s.signal});e.runId=r.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1]??null,s.waiting(null),s.changed();let i=!1;try{i=await Xn(e,r,s)}catch(o){if(Zn(o,s))throw o}i||await _e(e,s)}async function _e(t,n){if(t.runId===null)throw new TypeError("the connection was lost before the run had its number");let e=Qn;for(;;){let s=t.seq;try{let r=await M(`/runs/${encodeURIComponent(t.runId)}/events`,{headers:{Accept:"text/event-stream","Last-Event-ID":String(t.seq)},signal:n.signal});if(n.waiting(null),await Xn(t,r,n))return}catch(r){if(Zn(r,n))throw r}e=t.seq>s?Qn:Math.min(2*e,gr),n.waiting(e),await $r(e,n.signal)}}var le=t=>M(`/runs/${encodeURIComponent(t)}/cancel`,q("POST",{}));async function Xn(t,n,e){for await(let s of Ye(n)){if(s.event==="closing")return!1;if(s.event==="error")throw new y(JSON.parse(s.data),0);let r=JSON.parse(s.data);if(!(r.seq<=t.seq)&&(t.seq=r.seq,t.runId=r.run_id,t.take(r),e.changed(),Ge.includes(r.body.type)))return!0}return!1}function Zn(t,n){return n.signal.aborted?!0:t instanceof y?!(t.problem.retryable??t.status>=502):!(t instanceof TypeError||t instanceof DOMException&&t.name==="NetworkError")}function $r(t,n){return new Promise(e=>{let s=()=>{clearTimeout(r),removeEventListener("online",s),n.removeEventListener("abort",s),e()},r=setTimeout(s,t);addEventListener("online",s),n.addEventListener("abort",s)})}var It=new EventTarget,nt={state:"ok"},es=()=>nt;function tt(t){nt=t,It.dispatchEvent(new Event("change"))}function ce(t){t!==null?tt({state:"waiting",seconds:t/1e3}):nt.state!=="ok"&&tt({state:"ok"})}function I(){tt({state:"lost"}),setTimeout(()=>{nt.state==="lost"&&fetch("/health",{cache:"no-store"}).then(()=>tt({state:"ok"}),I)},3e3)}addEventListener("offline",I);var vr=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]],jt=class extends g{constructor(){super();this.opened=null;this.reading=new AbortController;this.input=Fe();this.model="";this.sticks=!0;this.scrolled=()=>{let e=document.documentElement.scrollHeight-innerHeight-scrollY;this.sticks=e<80,this.below=e>400};this.again=()=>{this.conversationId===null&&this.turns.length&&b({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.count=null,this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},count:{state:!0},below:{state:!0}}}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),this.listModels(),O().then(e=>this.count=e.length,()=>{})}disconnectedCallback(){super.disconnectedCallback(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),this.reading.abort()}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await T("/models")}catch(e){e instanceof y||I()}}get busy(){return this.turns.some(e=>!te(e))}get watcher(){return{changed:()=>this.requestUpdate(),waiting:ce,signal:this.reading.signal}}async open(e){if(this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.input.value?.focus();let s=this.watcher;this.loading=!0;try{let r=await T(`/conversations/${encodeURIComponent(e)}`,{signal:s.signal});this.turns=r.turns.map(i=>{let o=Qe(i.message);return o.runId=i.run_id,o.stored=i.response,o.views=i.views,o.state=i.state==="queued"?"running":i.state,o}),this.sticks=!0}catch(r){if(s.signal.aborted)return;this.trouble=A(r),r instanceof y||I()}finally{s.signal.aborted||(this.loading=!1)}for(let r of this.turns.toReversed())await this.replay(r,s)}async replay(e,s){let r=Qe(e.question);r.runId=e.runId;let i=!te(e),o=()=>{this.turns=this.turns.map(l=>l===e?r:l)};i&&o();try{await _e(r,s),i||o()}catch(l){i&&this.fail(r,l,s.signal)}}named(e){this.opened=e,Yn(),this.isConnected&&(ze({page:"chat",id:e}),this.conversationId=e)}async say(e,s=null){if(this.busy||!e.trim())return;let r=Qe(e,s);this.turns=[...this.turns,r],this.sticks=!0;let i=this.watcher,o=this.opened,l={message:e,genui_enabled:!1,...o===null?{}:{conversation_id:o},...this.model?{model:this.model}:{},...s?{call:{operation:s.operation,arguments:s.arguments}}:{}},c=o!==null,d=()=>{i.changed(),!(c||r.runId===null)&&(c=!0,this.nameAfter(r,i))};try{await et("/chat",l,r,{...i,changed:d})}catch(m){this.fail(r,m,i.signal)}this.requestUpdate()}async nameAfter(e,s){try{let r=await T(`/runs/${encodeURIComponent(e.runId)}`,{signal:s.signal});r.conversation_id!==null&&!s.signal.aborted&&this.named(r.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,s,r){r.aborted&&e.runId===null&&(e.state="cancelled"),!r.aborted&&(e.state="failed",e.problem=A(s),s instanceof y||I())}async stop(){let e=this.turns.find(s=>!te(s));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await le(e.runId)}catch(s){e.notes.push(s instanceof y?s.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}retry(e){this.turns=this.turns.filter(s=>s!==e),this.say(e.question,e.call)}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let s=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0;scrollTo({top:Math.min(e.getBoundingClientRect().top+scrollY-s,document.documentElement.scrollHeight)})}render(){let e=this.busy,s=!this.turns.length&&!this.loading&&!this.trouble;return a`<div class="column chat ${s?"blank":""}">
      ${this.trouble?_(this.trouble):s?this.welcome():u}
      ${this.loading?a`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:u}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${r=>{this.say(r.detail.message,r.detail)}}
      >
        ${this.turns.map((r,i)=>Jn(r,i===this.turns.length-1,e,()=>this.retry(r)))}
      </div>
      ${this.composer(e)}
    </div>`}welcome(){return a`<section class="welcome">
      <h1>Ask for a number, get one that was computed.</h1>
      <p>
        A model talks; what can be computed is computed, and comes with its method, its error and the arguments
        used.${this.count?a` Or <a href="#/explore">explore all ${this.count} operations</a>.`:u}
      </p>
      <ul>
        ${vr.map(([e,s])=>a`<li>
            <button @click=${r=>this.begin(s,r)}><strong>${e}</strong><span>${s}</span></button>
          </li>`)}
      </ul>
      ${this.models&&!this.models.models.length?a`<div class="failure">
            <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
            ${this.models.unavailable.map(e=>a`<p>${e.provider}: ${e.reason} <span class="remedy">${e.remedy}</span></p>`)}
          </div>`:u}
    </section>`}begin(e,s){s.detail===0&&this.input.value?.focus(),this.say(e)}composer(e){let s=()=>{let r=this.input.value;this.busy||!r.value.trim()||(this.say(r.value.trim()),r.value="")};return a`<form
      class="composer"
      @submit=${r=>{r.preventDefault(),s()}}
    >
      ${this.below?a`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${v("arrow")}
          </button>`:u}
      <div class="box">
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message"
          dir="auto"
          ${Be(this.input)}
          rows="1"
          maxlength="100000"
          placeholder="Ask something"
          autofocus
          @keydown=${r=>{r.key!=="Enter"||r.shiftKey||r.isComposing||(r.preventDefault(),s())}}
        ></textarea>
        ${this.modelLine()}
        ${e?a`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>{this.stop()}}>${v("stop")}</button>`:a`<button class="round primary" aria-label="Send" title="Send">${v("send")}</button>`}
      </div>
    </form>`}modelLine(){let e=this.models?.models??[],s=r=>`${r.provider} · ${r.name}${r.demonstration?" (demonstration model)":""}`;return e.length<2?a`<p class="model">${e[0]?s(e[0]):u}</p>`:a`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${r=>this.model=r.target.value}>
        <option value="">Model as set up</option>
        ${e.map(r=>a`<option value=${r.id}>${s(r)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-chat",jt);var br=200,Nt=class extends g{constructor(){super();this.asking=new AbortController;this.press=e=>{let s={ArrowDown:1,ArrowUp:-1}[e.key],r=[...this.querySelectorAll(".cards a")],i=r.indexOf(document.activeElement);!s||i<0||(e.preventDefault(),(r[i+s]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await O(),this.trouble=null}catch(e){this.trouble=A(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:s}=this.asking=new AbortController,{query:r}=this;this.timer=setTimeout(()=>{zn(r,s).then(i=>this.meant=i,()=>{})},br)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,ze({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],s=this.family?e.filter(o=>ke(o)===this.family):e,r=Ze(s,this.query),i=this.meant.map(o=>s.find(l=>l.name===o)).filter(o=>o!==void 0&&!r.includes(o));return a`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||u} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${v("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${o=>this.type(o.target.value)}
          @keydown=${o=>{o.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),o.key==="Enter"&&this.querySelector(".cards a")?.click(),(o.key==="ArrowDown"||o.key==="Enter")&&o.preventDefault()}}
        />
      </div>
      ${this.trouble?_(this.trouble,()=>{this.load()}):u}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${r.length+i.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...r,...i]):this.sections(r)}
      </div>
      ${this.lines&&this.query&&!r.length&&!i.length?a`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:u}
    </div>`}chips(e){return[["",e.length],...qt(e)].map(([r,i])=>a`<a
        class="chip" href=${b({page:"explore",query:this.query,family:r})} aria-current=${r===this.family?"true":u}
        >${r?S(r):"all"} <span>${i}</span></a
      >`)}sections(e){return qt(e).map(([s])=>a`<section>
        <h2>${S(s)}</h2>
        ${this.cards(e.filter(r=>ke(r)===s))}
      </section>`)}cards(e){return a`<ul class="cards">
      ${e.map(s=>a`<li>
          <a href=${R(s.name)}>
            <span class="title"><code>${s.name}</code>${Ht(s)}</span>
            <span class="summary">${s.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function Ht(t){let n={model:"",stream:"streams",run:"is a run"}[t.shape];return a`<span class="badges">
    <span class="badge ${t.effect}">${t.effect}</span>${n?a`<span class="badge">${n}</span>`:u}
  </span>`}customElements.define("nis-explore",Nt);var ts=78,Ut=6e4;function x(t,n=""){if(Array.isArray(t)){if(!t.length)return"[]";let e=`${n}  `;return t.every(s=>typeof s!="object"||s===null)?yr(t.map(s=>JSON.stringify(s)),n):`[
${t.map(s=>e+x(s,e)).join(`,
`)}
${n}]`}if(typeof t=="object"&&t!==null){let e=`${n}  `,s=Object.entries(t).filter(([,r])=>r!==void 0);return s.length?`{
${s.map(([r,i])=>`${e}${JSON.stringify(r)}: ${x(i,e)}`).join(`,
`)}
${n}}`:"{}"}return JSON.stringify(t)??"null"}function yr(t,n){let e=`[${t.join(", ")}]`;if(e.length+n.length<=ts)return e;let s=[""];for(let[r,i]of t.entries()){let o=r<t.length-1?`${i},`:i,l=s.at(-1);l&&l.length+o.length+1>ts-n.length?s.push(o):s[s.length-1]=l?`${l} ${o}`:o}return`[
${s.map(r=>`${n}  ${r}`).join(`
`)}
${n}]`}var wr=/("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;function V(t){let n=t.length<=Ut,e=n?t:t.slice(0,Ut),s=[],r=0;for(let i of e.matchAll(wr)){s.push(e.slice(r,i.index)),r=i.index+i[0].length;let[,o,l,c,d]=i;o!==void 0&&l!==void 0?s.push(a`<span class="j-name">${o}</span>`,l):o!==void 0?s.push(a`<span class="j-text">${o}</span>`):s.push(a`<span class="j-value">${c??d}</span>`)}return s.push(e.slice(r)),a`<pre class="code-block" tabindex="0"><code>${s}</code></pre>
    ${n?"":a`<p class="note">The first ${Ut.toLocaleString("en")} of ${t.length.toLocaleString("en")} characters. Copy takes all of it.</p>`}`}var Vt=[{id:"curl",name:"curl",note:"",text:xr},{id:"python",name:"Python",note:"Standard library alone.",text:kr},{id:"mcp",name:"MCP",note:"The official client: pip install mcp",text:_r},{id:"socket",name:"WebSocket",note:"A2A over one socket: pip install websockets",text:Sr},{id:"cli",name:"Shell",note:"The server's own command line.",text:Tr}];function Se({line:t,given:n,origin:e}){let{id:s,...r}=n,i=t.path.includes("{id}"),o=t.path.replace("{id}",encodeURIComponent(String(s??"")));return{url:`${e}${o}`,rest:i?r:n,query:["GET","DELETE"].includes(t.method)}}var rt=t=>Object.entries(t).filter(([,n])=>n!=null).map(([n,e])=>[n,typeof e=="string"?e:JSON.stringify(e)]),Dt=t=>/^[\w./:=@%+,-]+$/.test(t)?t:`'${t.replaceAll("'","'\\''")}'`;function xr(t){let{url:n,rest:e,query:s}=Se(t),r=[`curl -sS${t.line.shape==="stream"?"N":""}`];if(t.keyed&&r.push('-H "Authorization: Bearer $NIS_API_KEY"'),t.line.shape==="stream"&&r.push("-H 'Accept: text/event-stream'"),s){t.line.method!=="GET"&&r.push(`-X ${t.line.method}`);let i=rt(e);i.length&&r.push("-G",...i.map(([o,l])=>`--data-urlencode ${Dt(`${o}=${l}`)}`))}else t.line.method!=="POST"&&r.push(`-X ${t.line.method}`),r.push("-H 'Content-Type: application/json'",`-d ${`'${x(e).replaceAll("'","'\\''")}'`}`);return[...r,Dt(n)].join(` \\
  `)}function st(t,n=""){return x(t,n).replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g,e=>({true:"True",false:"False",null:"None"})[e]??e.replace(/\\\//g,"/"))}function kr(t){let{url:n,rest:e,query:s}=Se(t),r=t.line.shape==="stream",i=rt(e),o=[s?"":'"Content-Type": "application/json"',r?'"Accept": "text/event-stream"':"",t.keyed?'"Authorization": "Bearer " + os.environ["NIS_API_KEY"]':""].filter(Boolean),c=["json",t.keyed?"os":"",s&&i.length?"urllib.parse":"","urllib.request"].filter(Boolean).map(d=>`import ${d}`);return c.push(""),s&&i.length&&c.push(`query = urllib.parse.urlencode(${st(Object.fromEntries(i))})`),c.push("request = urllib.request.Request("),c.push(s&&i.length?`    ${JSON.stringify(`${n}?`)} + query,`:`    ${JSON.stringify(n)},`),s||c.push(`    data=json.dumps(${st(e,"    ")}).encode(),`),o.length&&c.push(`    headers={${o.join(", ")}},`),c.push(`    method=${JSON.stringify(t.line.method)},`,")"),c.push("with urllib.request.urlopen(request) as answer:"),r?c.push("    for line in answer:",'        if line.startswith(b"data: "):',"            print(json.loads(line[6:]))"):c.push("    print(json.dumps(json.load(answer), indent=2))"),c.join(`
`)}function _r({line:t,given:n,origin:e,keyed:s}){let r=s?`
    http = httpx2.AsyncClient(headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]})
    async with Client(streamable_http_client(${JSON.stringify(`${e}/mcp`)}, http_client=http)) as client:`:`
    async with Client(${JSON.stringify(`${e}/mcp`)}) as client:`;return`import asyncio
import json
${s?`import os

import httpx2
`:`
`}from mcp import Client
${s?`from mcp.client.streamable_http import streamable_http_client
`:""}

async def main():${r}
        result = await client.call_tool(
            ${JSON.stringify(t.name.replace(".","-"))},
            ${st(n,"            ")},
        )
        print(json.dumps(result.structured_content, indent=2))


asyncio.run(main())`}function Sr({line:t,given:n,origin:e,keyed:s}){let r=s?', additional_headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]}':"";return`import asyncio
import json
${s?`import os
`:""}import uuid

from websockets.asyncio.client import connect

message = {
    "messageId": str(uuid.uuid4()),
    "role": "ROLE_USER",
    "parts": [
        {
            "data": {
                "operation": ${JSON.stringify(t.name)},
                "arguments": ${st(n,"                ")},
            }
        }
    ],
}


async def main():
    async with connect(${JSON.stringify(`${e.replace(/^http/,"ws")}/a2a`)}${r}) as socket:
        call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        await socket.send(json.dumps(call))
        print(json.dumps(json.loads(await socket.recv()), indent=2))


asyncio.run(main())`}function Tr({line:t,given:n}){let e=Object.entries(n).map(([s,r])=>{let i=typeof r=="string"?r:JSON.stringify(r);return`--${s.replaceAll("_","-")} ${Dt(i)}`});return[`nis call ${t.name}`,...e].join(` \\
  `)}var G=class{constructor(n){this.runId=n;this.seq=0;this.state="queued";this.events=[];this.views=[];this.result=void 0;this.problem=null;this.progress=null}take(n){this.events.push(n);let{body:e}=n;this.state==="queued"&&(this.state="running"),e.type==="surface"?this.views=[...this.views,...e.views]:e.type==="progress"?this.progress={fraction:e.fraction,message:e.message}:e.type==="succeeded"?[this.state,this.result]=["succeeded",e.result]:e.type==="failed"?[this.state,this.problem]=["failed",e.problem]:e.type==="cancelled"&&(this.state="cancelled")}get ended(){return this.state!=="queued"&&this.state!=="running"}};var ns="application/vnd.nis.views+json",ss=()=>({state:"running",took:null,result:void 0,views:[],items:[],log:null});async function rs(t,n,e,s,r){let i=performance.now();try{t.shape==="run"?await Rr(t,n,e,{changed:s,waiting:ce,signal:r}):t.shape==="stream"?await Er(t,n,e,s,r):await Ar(t,n,e,r)}finally{e.took=performance.now()-i}}function is(t,n,e,s){let r=Se({line:t,given:n,origin:"",keyed:!1});if(!r.query)return M(r.url,{...q(t.method,r.rest,{Accept:e}),signal:s});let i=new URLSearchParams(rt(r.rest)).toString();return M(i?`${r.url}?${i}`:r.url,{method:t.method,headers:{Accept:e},signal:s})}async function Ar(t,n,e,s){let r=await is(t,n,`${ns}, application/json;q=0.9, */*;q=0.1`,s);if((r.headers.get("Content-Type")??"").startsWith(ns)){let o=await r.json();[e.result,e.views]=[o.result,o.views]}else e.result=await r.json();e.state="done"}async function Er(t,n,e,s,r){let i=await is(t,n,"text/event-stream",r);for await(let o of Ye(i)){if(o.event==="closing")break;let l=JSON.parse(o.data);if(o.event==="error")throw new y(l,0);e.items.push(l),Mr(l)&&(e.log??=new G(l.run_id)).take(l),s()}e.result=e.items,e.state="done"}async function Rr(t,n,e,s){let r=e.log=new G(null),i=Se({line:t,given:n,origin:"",keyed:!1});if(await et(i.url,i.rest,r,s),e.views=r.views,e.result=r.result,e.state={succeeded:"done",cancelled:"stopped"}[r.state]??"failed",r.problem)throw new y(r.problem,0)}function Mr(t){let n=t;return typeof n.run_id=="string"&&typeof n.seq=="number"&&typeof n.body?.type=="string"}var Pr=["","running","queued","succeeded","failed","cancelled"],Ft=25,Cr=2e3,Bt=class extends g{static{this.properties={state:{attribute:!1},lines:{state:!0},more:{state:!0},loading:{state:!0},trouble:{state:!0}}}constructor(){super(),this.state="",this.lines=[],this.more=null,this.loading=!0,this.trouble=null}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>{this.lines.slice(0,Ft).some(e=>e.state==="running"||e.state==="queued")&&!document.hidden&&!this.loading&&this.load(!0)},Cr)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer)}willUpdate(n){n.has("state")&&(this.lines=[],this.load())}async load(n=!1){let{state:e}=this;this.loading=!n;try{let s=await this.page(null);if(e!==this.state)return;let r=new Set(s.runs.map(o=>o.id)),i=n&&this.lines.length>Ft?this.lines.filter(o=>!r.has(o.id)):[];this.lines=[...s.runs,...i],i.length||(this.more=s.next_cursor),this.trouble=null}catch(s){this.trouble=A(s)}finally{this.loading=!1}}async next(){try{let n=await this.page(this.more);this.lines=[...this.lines,...n.runs],this.more=n.next_cursor}catch(n){this.trouble=A(n)}}page(n){let e={limit:String(Ft),...this.state?{state:this.state}:{},...n?{cursor:n}:{}};return T(`/runs?${new URLSearchParams(e)}`)}render(){return a`<div class="column wide-column">
      <header class="head">
        <h1>Runs</h1>
        <p class="lede">Every turn and every long task is a run: a log of numbered events, kept, watched live, stopped from anywhere.</p>
      </header>
      <nav class="families" aria-label="State">
        ${Pr.map(n=>a`<a class="chip" href=${b({page:"runs",state:n})} aria-current=${n===this.state?"true":u}
            >${n||"all"}</a
          >`)}
      </nav>
      ${this.trouble?_(this.trouble,()=>{this.load()}):u}
      ${this.lines.length?this.list():u}
      ${this.loading?a`<div class="skeleton" aria-label="Reading the runs"><i></i><i></i><i></i></div>`:u}
      ${!this.lines.length&&!this.loading&&!this.trouble?a`<p class="empty">${this.state?`No run is ${this.state}.`:a`Nothing has run yet. <a href="#/">Ask something</a>, or <a href="#/explore">call an operation</a> that is a run.`}</p>`:u}
      ${this.more?a`<button @click=${()=>{this.next()}}>Earlier runs</button>`:u}
    </div>`}list(){return a`<div class="wide" role="region" aria-label="Runs" tabindex="0">
      <table class="runs">
        <thead>
          <tr><th scope="col">State</th><th scope="col">Operation</th><th scope="col">Started</th><th scope="col" class="n">Took</th><th scope="col" class="n">Events</th><th scope="col">Run</th></tr>
        </thead>
        <tbody>
          ${this.lines.map(n=>a`<tr>
              <td>${Wt(n.state)}</td>
              <td><a href=${b({page:"run",id:n.id})}><code>${n.operation}</code></a></td>
              <td><time datetime=${new Date(n.created*1e3).toISOString()} title=${new Date(n.created*1e3).toLocaleString()}>${Jt(n.created)}</time></td>
              <td class="n">${n.state==="running"||n.state==="queued"?"…":Te(n.updated-n.created)}</td>
              <td class="n">${n.last_seq}</td>
              <td class="id">${n.id}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`}},Wt=t=>a`<span class="state-mark ${t}"><i></i>${t}</span>`;function Te(t){return t<.9995?`${Math.max(0,Math.round(t*1e3))} ms`:t<60?`${t.toFixed(1)} s`:`${Math.floor(t/60)} min ${Math.round(t%60)} s`}function Jt(t){let n=Date.now()/1e3-t;if(n<45)return"just now";let e=[[60,"minute"],[3600,"hour"],[86400,"day"]],[s,r]=e.findLast(([i])=>n>=i*.75)??e[0];return new Intl.RelativeTimeFormat("en",{numeric:"auto"}).format(-Math.round(n/s),r)}customElements.define("nis-runs",Bt);var os=400;function Ae(t){let n=Lr(t),e=n.slice(-os),s=t[0]?.time??0;return a`${n.length>e.length?a`<p class="note">The last ${os} of ${n.length} entries.</p>`:u}
    <ol class="timeline">
      ${e.map(r=>a`<li class=${r.first.body.type}>
          <span class="at" title=${new Date(r.first.time*1e3).toLocaleString()}>${Or(r.first.time-s)}</span>
          <span class="seq">${r.first.seq===r.last.seq?r.first.seq:`${r.first.seq}–${r.last.seq}`}</span>
          <div class="what">${qr(r)}</div>
        </li>`)}
    </ol>`}function Lr(t){let n=[];for(let e of t){let{body:s}=e,r=n.at(-1),i=s.type==="text_delta"?s.text:"";r?.first.body.type==="text_delta"&&s.type==="text_delta"&&r.first.body.step===s.step?[r.last,r.text]=[e,r.text+i]:r?.first.body.type==="progress"&&s.type==="progress"?n[n.length-1]={...r,last:e}:n.push({first:e,last:e,text:i})}return n}function qr({first:t,last:n,text:e}){let s=n.body;switch(s.type){case"started":return a`<strong>Started</strong> <a href=${R(s.operation)}><code>${s.operation}</code></a>${s.attempt>1?a` <span class="note">attempt ${s.attempt}</span>`:u}`;case"text_delta":return a`<div class="prose said">${L(e)}</div>`;case"model_called":return a`<strong>Model asked</strong> ${s.provider} · ${s.model}`;case"model_answered":return a`<strong>Model answered</strong> <span class="note">${[s.finish_reason,s.input_tokens?`${s.input_tokens} tokens in`:"",s.output_tokens?`${s.output_tokens} out`:""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return a`<strong>Called</strong> <a href=${R(s.operation,s.arguments)}><code>${s.operation}</code></a>
        ${it("Arguments",s.arguments)}`;case"tool_answered":return a`<strong>${s.problem?"Refused":"Answered"}</strong> <code>${s.operation}</code>
        ${s.problem?_(s.problem):it("Result",s.result)}`;case"progress":return a`<strong>Progress</strong> <progress max="1" .value=${s.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*s.fraction)} % ${s.message}</span>`;case"surface":return a`<strong>Shown</strong> ${s.views.map(ae)}`;case"input_required":return a`<strong>Asks</strong> for ${s.missing.join(", ")||"a choice"} of <code>${s.operation}</code>`;case"step_retried":return a`<strong>Begun again</strong> <span class="note">step ${s.step}: ${s.reason}</span>`;case"warning":return a`<strong>Warning</strong> ${s.message}`;case"cancel_requested":return a`<strong>Told to stop</strong>`;case"succeeded":return a`<strong class="good">Succeeded</strong> ${it("Result",s.result)}`;case"failed":return a`<strong class="bad">Failed</strong> ${_(s.problem)}`;case"cancelled":return a`<strong>Stopped</strong>`;default:return a`<strong>${t.body.type}</strong> ${it("Event",t.body)}`}}function it(t,n){return a`<details
    @toggle=${e=>e.target.classList.add("seen")}
  ><summary>${t}</summary>${V(x(n))}</details>`}function Or(t){return t<.9995?`${Math.round(t*1e3)} ms`:t<60?`${t.toFixed(2)} s`:`${Math.floor(t/60)} min ${Math.round(t%60)} s`}function as(t,n,e,s){if(!t)return a`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${n.shape==="run"?", its events as they happen":n.shape==="stream"?", as it comes":""}.</p>`;let r=[["drawn","Drawn"],["json","JSON"],...t.log?[["events","Events"]]:[]],i=t.result!==void 0||t.items.length>0||t.log!==null;return a`<div class="bar">
      <h2>Result</h2>
      <span class="took ${t.state}" role="status">${Ir(t)}</span>
      ${i?a`<div class="switch" role="group" aria-label="How to look at it">
              ${r.map(([o,l])=>a`<button type="button" aria-pressed=${o===e} @click=${()=>s(o)}>${l}</button>`)}
            </div>
            <nis-copy .text=${()=>x(Kt(t))} label="Copy the result as JSON"></nis-copy>`:u}
    </div>
    ${i?jr(t,e):t.state==="running"?a`<p class="waiting"><span class="pulse"></span> computing</p>`:u}
    ${t.log?.runId?a`<p class="note">Run <a class="id" href=${b({page:"run",id:t.log.runId})}>${t.log.runId}</a></p>`:u}`}var Ir=t=>t.state==="running"?t.items.length?`${t.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[t.state]} · ${Te((t.took??0)/1e3)}`,Kt=t=>t.result??(t.log?t.log.events:t.items);function jr(t,n){if(n==="json")return V(x(Kt(t)));if(n==="events"&&t.log)return Ae(t.log.events);if(t.log&&!t.views.length)return Ae(t.log.events);let e=t.views.filter(s=>s.kind!=="form");return e.length?a`<div class="views">${e.map(ae)}</div>`:t.items.length?Nr(t.items):V(x(Kt(t)))}function Nr(t){let n=t.filter(o=>typeof o=="object"&&o!==null),e=n.map(o=>typeof o.text=="string"?o.text:"").join("");if(e)return a`<div class="prose" aria-live="polite">${L(e)}</div>`;let s=[...new Set(n.flatMap(o=>Object.keys(o)))],r=o=>typeof o=="number"||typeof o=="string"?o:JSON.stringify(o)??"",i={kind:"table",title:"Items",columns:s,rows:n.slice(-200).map(o=>s.map(l=>r(o[l])))};return xe(i)}var zt=class extends g{constructor(){super();this.root=null;this.calling=new AbortController;this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0}}}createRenderRoot(){return this}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&this.fill(this.input??{})}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[s,r]=await Promise.all([Kn(e),O()]);if(e!==this.name)return;this.line=r.find(i=>i.name===e)??null,this.detail=s,this.fill(this.input??s.examples[0]?.request??{})}catch(s){e===this.name&&(this.trouble=A(s))}}fill(e){this.root=$e(this.detail.request_schema,e),this.json!==null&&(this.json=x(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?W(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:s,given:r}=this;if(!s||this.outcome?.state==="running")return;if(r===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:i}=this.calling=new AbortController,o=this.outcome=ss();this.refusal=null,this.tab=s.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await rs(s,r,o,()=>this.requestUpdate(),i)}catch(l){o.state=i.aborted?"stopped":"failed",i.aborted||(this.refusal=A(l),l instanceof y||I())}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"});let s=this.querySelector(".request .wrong :is(input, select, textarea)");for(let r=s?.closest("details");r;r=r.parentElement?.closest("details")??null)r.open=!0;s?.focus()}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await le(e)}catch(s){s instanceof y||this.calling.abort()}}render(){let{detail:e,line:s}=this,r=a`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${b({page:"explore",query:"",family:this.name.split(".")[0]})}>${S(this.name.split(".")[0])}</a>
    </p>`;if(this.trouble)return a`<div class="column wide-column">${r}${_(this.trouble,()=>{this.open()})}</div>`;if(!e||!s)return a`<div class="column wide-column">${r}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`;let[,...i]=e.description.split(/\n\s*\n/);return a`<div class="column wide-column operation">
      ${r}
      <header class="head">
        <h1><code>${e.id}</code>${Ht(e)}</h1>
        <p class="lede">${k(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,s)} ${i.length?a`<section class="about prose">${L(Hr(i.join(`

`)))}</section>`:u} ${this.facts(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(s)} ${this.elsewhere(s)}</div>
      </div>
    </div>`}request(e,s){let r=this.outcome?.state==="running",i=new Map((this.refusal?.errors??[]).map(l=>[this.nearest(l.field),`${l.message}${/[.!?]$/.test(l.message)?"":"."}`])),o={root:e.request_schema,id:"r",errors:i,changed:()=>{this.requestUpdate()}};return a`<form
      class="panel"
      @submit=${l=>{this.call(l)}}
      @invalid=${St}
      @keydown=${l=>{l.key==="Enter"&&(l.ctrlKey||l.metaKey)&&l.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=x(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(o)}
      <div class="act">
        ${r?a`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:a`<button class="primary">${v("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${s.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:u}
      </div>
    </form>`}examples(e){return e.length?a`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${s=>{let r=s.target;this.fill(r.value===""?{}:e[Number(r.value)].request)}}
      >
        ${e.map((s,r)=>a`<option value=${r}>${s.title}</option>`)}
        <option value="">Empty</option>
      </select>`:u}form(e){let s=this.root?.parts??[];if(!s.length)return a`<p class="note">It takes no arguments.</p>`;let r=s.filter(o=>o.schema.knob&&!o.required),i=s.filter(o=>!r.includes(o));return a`${D(i,e)}
      ${r.length?a`<details class="more"><summary>${r.length} ${r.length>1?"settings":"setting"} of the method</summary>${D(r,e)}</details>`:u}`}editor(){return a`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?a`<p class="error">This is not a JSON object yet.</p>`:u}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=$e(this.detail.request_schema,e),this.json=null)}nearest(e){let s=e.split("."),r=[],i=this.root?.parts??[];for(let o of s){let l=i.find(c=>c.name===o);l&&(r.push(o),i=l.parts.flatMap(c=>l.kind==="union"&&c.kind==="group"?c.parts:[c]))}return r.join(".")}facts(e){let s=[["REST",e.routes.map(r=>a`<code>${r}</code> `)],["MCP tool",a`<code>${e.id.replace(".","-")}</code>`],["Command line",a`<code>nis call ${e.id}</code>`],["Scopes",e.scopes.length?e.scopes.map(r=>a`<code>${r}</code> `):"none"],["Time limit",e.shape==="run"?"the run's own":`${e.time_limit} s`],["Runs in",e.pool?`the worker pool ${e.pool}`:"the server"]];return a`<details class="panel">
        <summary>Where it is called</summary>
        <dl class="rows">${s.map(([r,i])=>a`<div><dt>${r}</dt><dd>${i}</dd></div>`)}</dl>
      </details>
      <details class="panel">
        <summary>What it answers</summary>
        ${Ur(e.result_schema)}
      </details>`}answer(e){let{outcome:s,refusal:r}=this,i=new Set((r?.errors??[]).map(o=>this.nearest(o.field)).filter(Boolean));return a`<section class="panel result" aria-label="Result" aria-busy=${s?.state==="running"}>
      ${as(s,e,this.tab,o=>this.tab=o)}
      ${r?_(i.size?{...r,errors:[]}:r,()=>{this.call()}):u}
    </section>`}elsewhere(e){let s=Vt.find(i=>i.id===this.snippet),r=s.text({line:e,given:this.given??{},origin:location.origin,keyed:be.get()!==null});return a`<section class="panel code" aria-labelledby="elsewhere">
      <div class="bar">
        <h2 id="elsewhere" class="hidden">The same call</h2>
        <div class="switch" role="group" aria-label="The same call in">
          ${Vt.map(i=>a`<button type="button" aria-pressed=${i===s} @click=${()=>this.snippet=i.id}>${i.name}</button>`)}
        </div>
        <nis-copy .text=${r} label="Copy the ${s.name} call"></nis-copy>
      </div>
      <pre class="code-block" tabindex="0" data-snippet=${s.id}><code>${r}</code></pre>
      ${s.note?a`<p class="note">${s.note}</p>`:u}
      <p class="note"><a href=${R(e.name,this.given)}>A link to this call</a></p>
    </section>`}};function Hr(t){return t.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function Ur(t){let n=Object.entries(t.properties??{});return n.length?a`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${n.map(([e,s])=>a`<tr>
          <th scope="row"><code>${e}</code></th>
          <td>${s.unit?a`<span class="unit">${s.unit}</span> `:u}${s.description?k(s.description):u}</td>
        </tr>`)}
    </tbody>
  </table></div>`:V(x(t))}customElements.define("nis-operation",zt);var Dr=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],Vr=12,Gt=class extends g{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}createRenderRoot(){return this}open(){this.query="",this.at=0,this.shown=!0,O().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),s=Dr.filter(o=>o.name.toLowerCase().includes(e)),i=Ze(this.lines,e).map(o=>({to:R(o.name),name:o.name,note:o.summary,icon:"play"}));return[...s,...i].slice(0,Vr)}render(){if(!this.shown)return u;let{hits:e}=this;return a`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${v("explore")}
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
          @input=${s=>{this.query=s.target.value,this.at=0}}
          @keydown=${s=>this.press(s,e)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${e.map((s,r)=>a`<li
            id="hit-${r}"
            role="option"
            aria-selected=${r===this.at}
            @pointermove=${()=>this.at=r}
            @click=${()=>this.take(s)}
          >
            ${v(s.icon)}<span class="name">${s.name}</span><span class="note">${s.note}</span>
          </li>`)}
      </ul>
      ${e.length?u:a`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,s){let r={ArrowDown:1,ArrowUp:-1}[e.key];r?(e.preventDefault(),this.at=(this.at+r+s.length)%Math.max(1,s.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&s[this.at]&&(e.preventDefault(),this.take(s[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",Gt);var Yt=class extends g{constructor(){super();this.log=new G(null);this.reading=new AbortController;this.run=null,this.trouble=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0}}}createRenderRoot(){return this}disconnectedCallback(){super.disconnectedCallback(),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new G(this.runId),[this.run,this.trouble]=[null,null];try{this.run=await T(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await _e(this.log,{changed:()=>this.requestUpdate(),waiting:ce,signal:e}),this.run=await T(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(s){if(e.aborted)return;this.trouble=A(s),s instanceof y||I()}}async stop(){try{await le(this.runId)}catch(e){this.log.ended||(this.trouble=A(e))}}render(){let{run:e,log:s}=this,r=s.events.length?s.state:e?.state??"queued",i=e?(s.ended?e.updated:s.events.at(-1)?.time??e.updated)-e.created:0;return a`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?_(this.trouble,()=>{this.open()}):u}
      ${e?a`<header class="head">
            <h1><a href=${R(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${Wt(r)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${Jt(e.created)}</span>
              <span>${Te(i)}</span>
              <span>${s.seq||e.last_seq} events</span>
              ${e.attempt>1?a`<span>attempt ${e.attempt}</span>`:u}
              ${e.conversation_id?a`<a href=${b({page:"chat",id:e.conversation_id})}>its conversation</a>`:u}
              ${s.ended||e.state!=="running"&&e.state!=="queued"?u:a`<button class="stop small" @click=${()=>{this.stop()}}>Stop</button>`}
            </div>
          </header>
          <details class="panel"><summary>Request</summary>${V(x(e.input))}</details>`:u}
      <section aria-label="Events" aria-live=${s.ended?"off":"polite"}>${Ae(s.events)}</section>
      ${e&&!s.ended&&!this.trouble?a`<p class="waiting"><span class="pulse"></span> <span>live</span></p>`:u}
    </div>`}};customElements.define("nis-run",Yt);var Qt="nis-theme",Xt=()=>{let t=localStorage.getItem(Qt);return t==="light"||t==="dark"?t:"auto"};function ls(t){t==="auto"?localStorage.removeItem(Qt):localStorage.setItem(Qt,t),Fr()}function Fr(){document.documentElement.dataset.theme=Xt()}var Zt=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"}],en=class extends g{constructor(){super();this.dialog=Fe();this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=ie(location.hash),this.keyWanted=null,Dn(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0}}}createRenderRoot(){return this}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.route=ie(location.hash)),It.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}askKey(e){return new Promise(s=>{let r=this.keyWanted;this.keyWanted={again:e||(r?.again??!1),give:i=>{r?.give(i),s(i)}}})}press(e){let s=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!s)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"?`${e.name} · nis`:e.page==="chat"?"nis":`${Zt.find(s=>s.page===e.page||s.also===e.page).name} · nis`}render(){return a`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <a class="brand" href="#/" aria-label="nis, start page">${Br}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${v("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${Zt.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${v("book")}<span>API reference</span></a>
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${Zt.map(e=>this.link(e))}</nav>
      <nis-palette></nis-palette>
      ${this.keyDialog()}
    `}link(e){let s=this.route.page===e.page||this.route.page===e.also;return a`<a href=${e.to} aria-current=${s?"page":u}>${v(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return a`<nis-chat .conversationId=${e.id}></nis-chat>`;case"explore":return a`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return a`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return a`<nis-runs .state=${e.state}></nis-runs>`;case"run":return a`<nis-run .runId=${e.id}></nis-run>`}}status(){let e=es(),s={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return a`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${s}</span></p>`}themes(){let e=Xt(),s={auto:"light",light:"dark",dark:"auto"},r={auto:"auto",light:"sun",dark:"moon"},i={auto:"as the system",light:"light",dark:"dark"};return a`<button
      class="ghost"
      title="Theme: ${i[e]}"
      aria-label="Theme: ${i[e]}. Change to ${i[s[e]]}"
      @click=${()=>{ls(s[e]),this.requestUpdate()}}
    >
      ${v(r[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return u;let{again:e,give:s}=this.keyWanted;return a`<dialog ${Be(this.dialog)} aria-labelledby="key-title" @cancel=${r=>r.preventDefault()}>
      <form
        method="dialog"
        @submit=${r=>{let i=new FormData(r.currentTarget).get("key");this.keyWanted=null,s(String(i).trim()),this.updateComplete.then(()=>this.querySelector("#message, [data-first]")?.focus())}}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${e?a`<strong class="bad">That key was not accepted.</strong> `:u}It is the value of NIS_API_KEY where the
          server runs, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`}},Br=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`;customElements.define("nis-console",en);export{en as NisConsole};
